%% SPDX-License-Identifier: MIT
%% bench_actors.erl - the works of the bench of actors with Erlang: message by message what the
%% files with the names of the works do.
-module(bench_actors).
-export([main/0]).

-define(BURST, 100).

main() ->
    {Work, N} = case init:get_plain_arguments() of
        [W] -> {W, default(W)};
        [W, Text] -> {W, list_to_integer(Text)}
    end,
    case work(Work, N) of
        {Ops, Ns, true, Detail} ->
            io:format("{\"runtime\":\"erlang\",\"work\":\"~s\",\"n\":~b,\"ops\":~b,\"ns\":~b~s}~n",
                      [Work, N, Ops, Ns, Detail]),
            halt(0);
        _ ->
            io:format(standard_error, "bench_actors: error: ~s: the result is wrong~n", [Work]),
            halt(1)
    end.

default("fork-join") -> 10000;
default("big") -> 20000;
default("bank") -> 500000;
default("fan-in") -> 4000000;
default("ask") -> 200000;
default("idle") -> 100000;
default("timers") -> 10000;
default(_) -> 1000000.

now_ns() -> erlang:monotonic_time(nanosecond).

random(Seed) ->
    Next = (Seed * 1664525 + 1013904223) band 16#ffffffff,
    {Next bsr 8, Next}.

%% Spawned, so that it is a process as any other.
timed(Fun) ->
    Self = self(),
    spawn_link(fun() -> Self ! {result, Fun()} end),
    receive {result, Result} -> Result end.

stop_all(Pids) ->
    [begin unlink(Pid), exit(Pid, kill) end || Pid <- Pids].

work("ping-pong", N) ->
    timed(fun() ->
        Pong = spawn_link(fun() -> pong(0) end),
        Began = now_ns(),
        ping(Pong, N),
        Ns = now_ns() - Began,
        Pong ! {count, self()},
        receive Pings -> {2 * N, Ns, Pings =:= N, ""} end
    end);
work("counting", N) ->
    timed(fun() ->
        Counter = spawn_link(fun() -> counter(0, N) end),
        Began = now_ns(),
        produce(Counter, N),
        Ns = now_ns() - Began,
        Counter ! {count, self()},
        receive Counted -> {N, Ns, Counted =:= N, ""} end
    end);
work("thread-ring", N) ->
    timed(fun() ->
        Self = self(),
        Last = spawn_link(fun() -> receive {next, Next} -> ring(Next, Self) end end),
        First = lists:foldl(fun(_, Next) -> spawn_link(fun() -> ring(Next, Self) end) end,
                            Last, lists:seq(2, 100)),
        Last ! {next, First},
        Began = now_ns(),
        First ! {token, N, 0},
        receive {done, Hops} -> {N, now_ns() - Began, Hops =:= N, ""} end
    end);
work("fork-join", N) ->
    timed(fun() ->
        Self = self(),
        Pids = [spawn_link(fun() -> fork(Self, 0, 0.0, N) end) || _ <- lists:seq(1, 60)],
        Began = now_ns(),
        Taken = fork_bursts(Pids, N, 0),
        {60 * N, now_ns() - Began, Taken =:= 60 * N, ""}
    end);
work("big", N) ->
    timed(fun() ->
        Self = self(),
        Pids = [spawn_link(fun() -> big_begin(Self, Seed, N) end) || Seed <- lists:seq(0, 119)],
        All = list_to_tuple(Pids),
        Began = now_ns(),
        [Pid ! {'begin', All} || Pid <- Pids],
        [receive done -> ok end || _ <- Pids],
        Ns = now_ns() - Began,
        [Pid ! count || Pid <- Pids],
        Sum = lists:sum([receive {count, Pings} -> Pings end || _ <- Pids]),
        {240 * N, Ns, Sum =:= 120 * N, ""}
    end);
work("bank", N) ->
    timed(fun() ->
        Self = self(),
        Pids = [spawn_link(fun() -> account(Self, 1000000) end) || _ <- lists:seq(1, 1000)],
        All = list_to_tuple(Pids),
        Window = min(N, ?BURST),
        Began = now_ns(),
        Seed = lists:foldl(fun(_, Old) -> transfer(All, Old) end, 1, lists:seq(1, Window)),
        tell(All, Seed, N - Window, N),
        Ns = now_ns() - Began,
        [Pid ! balance || Pid <- Pids],
        Sum = lists:sum([receive {balance, Balance} -> Balance end || _ <- Pids]),
        {N, Ns, Sum =:= 1000 * 1000000, ""}
    end);
work("skynet", N) ->
    timed(fun() ->
        Self = self(),
        Began = now_ns(),
        spawn(fun() -> skynet(Self, 0, N) end),
        receive Sum -> {N, now_ns() - Began, Sum =:= N * (N - 1) div 2, ""} end
    end);
work("fan-in", N) ->
    timed(fun() ->
        Self = self(),
        Began = now_ns(),
        [spawn_link(fun() -> feed(Self, N div 4) end) || _ <- lists:seq(1, 4)],
        sink(N),
        {N, now_ns() - Began, N rem (4 * ?BURST) =:= 0, ""}
    end);
work("spawn-stop", N) ->
    timed(fun() ->
        Began = now_ns(),
        spawn_bursts(self(), N),
        {N, now_ns() - Began, true, ""}
    end);
work("ask", N) ->
    timed(fun() ->
        Other = spawn_link(fun() -> answer() end),
        Began = now_ns(),
        Took = lists:sort(ask(Other, N, [])),
        Ns = now_ns() - Began,
        {N, Ns, length(Took) =:= N,
         io_lib:format(",\"p50_ns\":~b,\"p99_ns\":~b",
                       [lists:nth(N div 2 + 1, Took), lists:nth(N * 99 div 100 + 1, Took)])}
    end);
work("idle", N) ->
    timed(fun() ->
        Self = self(),
        erlang:garbage_collect(),
        Before = rss(),
        Own = erlang:memory(processes),
        Began = now_ns(),
        Pids = [spawn(fun() -> Self ! here, receive stop -> ok end end) || _ <- lists:seq(1, N)],
        [receive here -> ok end || _ <- lists:seq(1, N)],
        Ns = now_ns() - Began,
        Detail = io_lib:format(",\"rss_bytes\":~.1f,\"bytes\":~.1f",
                               [(rss() - Before) / N, (erlang:memory(processes) - Own) / N]),
        stop_all(Pids),
        {N, Ns, true, Detail}
    end);
work("timers", N) ->
    timed(fun() ->
        Self = self(),
        Began = now_ns(),
        [spawn_link(fun() -> beat(Self, Began div 1000000 + 50 + I * 10 div N) end)
         || I <- lists:seq(0, N - 1)],
        {Late, Worst} = lists:foldl(
            fun(_, {Late, Worst}) ->
                receive {beats, One, Most} -> {Late + One, max(Worst, Most)} end
            end, {0, 0}, lists:seq(1, N)),
        {500 * N, now_ns() - Began, true,
         io_lib:format(",\"late\":~b,\"missed\":0,\"worst_ns\":~b", [Late, Worst])}
    end).

pong(Pings) ->
    receive
        {ping, From} -> From ! pong, pong(Pings + 1);
        {count, From} -> From ! Pings
    end.

ping(_, 0) -> ok;
ping(Pong, N) ->
    Pong ! {ping, self()},
    receive pong -> ping(Pong, N - 1) end.

counter(Counted, N) ->
    receive
        {increment, From} ->
            case (Counted + 1) rem ?BURST =:= 0 orelse Counted + 1 =:= N of
                true -> From ! taken;
                false -> ok
            end,
            counter(Counted + 1, N);
        {count, From} -> From ! Counted
    end.

produce(_, 0) -> ok;
produce(Counter, N) ->
    Burst = min(N, ?BURST),
    increments(Counter, Burst),
    receive taken -> produce(Counter, N - Burst) end.

increments(_, 0) -> ok;
increments(Counter, I) ->
    Counter ! {increment, self()},
    increments(Counter, I - 1).

ring(Next, First) ->
    receive
        {token, 1, Hops} -> First ! {done, Hops + 1};
        {token, Left, Hops} -> Next ! {token, Left - 1, Hops + 1}, ring(Next, First)
    end.

fork(First, Taken, Result, N) ->
    receive
        work ->
            case (Taken + 1) rem ?BURST =:= 0 orelse Taken + 1 =:= N of
                true -> First ! {taken, Taken + 1};
                false -> ok
            end,
            fork(First, Taken + 1, (Result + 37.2) * 0.5, N)
    end.

fork_bursts(Pids, N, Sent) ->
    Burst = min(?BURST, N - Sent),
    [[Pid ! work || Pid <- Pids] || _ <- lists:seq(1, Burst)],
    Taken = lists:sum([receive {taken, One} -> One end || _ <- Pids]),
    case Sent + Burst of
        N -> Taken;
        More -> fork_bursts(Pids, N, More)
    end.

big_begin(First, Seed, N) ->
    receive {'begin', All} -> big(First, All, big_ping(All, Seed), 0, N) end.

big_ping(All, Seed) ->
    {Random, Next} = random(Seed),
    element(Random rem 120 + 1, All) ! {ping, self()},
    Next.

big(First, All, Seed, Pings, Left) ->
    receive
        {ping, From} -> From ! pong, big(First, All, Seed, Pings + 1, Left);
        pong when Left =:= 1 -> First ! done, big(First, All, Seed, Pings, 0);
        pong -> big(First, All, big_ping(All, Seed), Pings, Left - 1);
        count -> First ! {count, Pings}
    end.

account(Teller, Balance) ->
    receive
        {debit, To, Amount} -> To ! {credit, Amount, self()}, account(Teller, Balance - Amount);
        {credit, Amount, From} -> From ! credited, account(Teller, Balance + Amount);
        credited -> Teller ! done, account(Teller, Balance);
        balance -> Teller ! {balance, Balance}
    end.

transfer(All, Seed) ->
    {From, Seed1} = random(Seed),
    {To, Seed2} = random(Seed1),
    {Amount, Seed3} = random(Seed2),
    element(From rem 1000 + 1, All) ! {debit, element(To rem 1000 + 1, All), 1 + Amount rem 100},
    Seed3.

tell(_, _, _, 0) -> ok;
tell(All, Seed, 0, Left) -> receive done -> tell(All, Seed, 0, Left - 1) end;
tell(All, Seed, More, Left) ->
    receive done -> tell(All, transfer(All, Seed), More - 1, Left - 1) end.

skynet(Parent, First, 1) -> Parent ! First;
skynet(Parent, First, Leaves) ->
    Self = self(),
    Each = Leaves div 10,
    [spawn(fun() -> skynet(Self, First + I * Each, Each) end) || I <- lists:seq(0, 9)],
    Parent ! lists:sum([receive Sum -> Sum end || _ <- lists:seq(1, 10)]).

feed(_, 0) -> ok;
feed(Sink, N) ->
    items(Sink, ?BURST - 1),
    Sink ! {last, self()},
    receive taken -> feed(Sink, N - ?BURST) end.

items(_, 0) -> ok;
items(Sink, I) -> Sink ! item, items(Sink, I - 1).

sink(0) -> ok;
sink(N) ->
    receive
        item -> sink(N - 1);
        {last, From} -> From ! taken, sink(N - 1)
    end.

spawn_bursts(_, 0) -> ok;
spawn_bursts(Self, N) ->
    Burst = min(N, ?BURST),
    [spawn(fun() -> Self ! here end) || _ <- lists:seq(1, Burst)],
    [receive here -> ok end || _ <- lists:seq(1, Burst)],
    spawn_bursts(Self, N - Burst).

answer() ->
    receive {Tag, From} -> From ! {Tag, answer}, answer() end.

%% As gen:call does it.
ask(_, 0, Took) -> Took;
ask(Other, N, Took) ->
    Asked = now_ns(),
    Tag = monitor(process, Other),
    Other ! {Tag, self()},
    receive
        {Tag, answer} -> demonitor(Tag, [flush])
    after 10000 -> exit(timeout)
    end,
    ask(Other, N - 1, [now_ns() - Asked | Took]).

%% From 50 ms on, when all of them have begun.
beat(First, Base) ->
    Passed = max(0, now_ns() div 1000000 - Base),
    beat(First, Base + (Passed + 9) div 10 * 10, 0, 0, 0).

beat(First, _, 500, Late, Worst) -> First ! {beats, Late, Worst};
beat(First, Before, Count, Late, Worst) ->
    Due = Before + 10,
    erlang:start_timer(Due, self(), due, [{abs, true}]),
    receive
        {timeout, _, due} ->
            Ns = now_ns() - Due * 1000000,
            One = case Ns > 2000000 of true -> 1; false -> 0 end,
            beat(First, Due, Count + 1, Late + One, max(Worst, Ns))
    end.

rss() ->
    {ok, Text} = file:read_file("/proc/self/statm"),
    [_, Pages | _] = binary:split(Text, <<" ">>, [global]),
    binary_to_integer(Pages) * 4096.
