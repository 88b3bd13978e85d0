#!/bin/sh
# SPDX-License-Identifier: MIT
#
# fraktor export with the module, as root in a guest: served to wget, and to a
# real Prometheus if there is one ('scripts/vm --with prometheus').  The module
# must be loaded; it is unloaded and loaded again.
set -u
# shellcheck source=tools/tests/tap.sh disable=SC2034,SC2154
. "$(dirname -- "$0")/tap.sh"
# shellcheck source=tools/tests/guest.sh
. "$(dirname -- "$0")/guest.sh"

get() { wget -q -O - "$1" 2>/dev/null; }
listens() { grep -q '^fraktor: listening at ' "$tap_dir/serve.err"; }
page_has() { get "$url" | grep -qe "$1"; }

# serve ARG...: the exporter as $server, its page as $url.
serve() {
	rm -f "$tap_dir/serve.err"
	"$FRAKTOR" export --prometheus "$@" >/dev/null 2>"$tap_dir/serve.err" &
	server=$!
	wait_for 30 listens
	url=$(sed -n 's/^fraktor: listening at //p' "$tap_dir/serve.err")
}

echo "TAP version 13"

run "$FRAKTOR" export --prometheus
ok "export: no source yet is no error" all 'status_is 0' err_empty 'out_has "^fraktor_up 1$"'
start_source
sleep 1.5
run "$FRAKTOR" export --prometheus
keep "$tap_dir/out" metrics.txt
ok "export: R1.5 everything the module says of a source" all 'status_is 0' err_empty \
	"out_has '^fraktor_ticks_total{source=\"$name\"} [1-9][0-9]*$'" \
	"out_has '^fraktor_missed_periods_total{source=\"$name\"} [0-9]*$'" \
	"out_has '^fraktor_drift_ratio{source=\"$name\"} -*[0-9]\.[0-9]\{9\}$'" \
	"out_has '^fraktor_lateness_seconds_bucket{source=\"$name\",le=\"+Inf\"} [1-9]'" \
	"out_has '^fraktor_reader_behind_ticks{reader=\"[0-9]*\",sources=\"$name\"} [0-9]*$'"
run sh -c "'$FRAKTOR' export --prometheus | head -n 1"
ok "export: ends when nobody reads" all 'status_is 0' err_empty
run sh -c "'$FRAKTOR' export --prometheus >/dev/full"
ok "export: says that the disk is full" all 'status_is 1' 'err_has "^fraktor: cannot write to standard output: No space"'

serve --listen=127.0.0.1:0
ok "export --listen: port 0 is one that is free" all \
	"echo '$url' | grep -q '^http://127\.0\.0\.1:[1-9][0-9]*/metrics$'"
port=${url#http://127.0.0.1:}
port=${port%/metrics}
run get "$url"
ok "export --listen: serves the same page" all 'status_is 0' "out_has '^fraktor_ticks_total{source=\"$name\"} [1-9]'"
run sh -c "printf 'GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' | nc 127.0.0.1 $port"
ok "export --listen: says which format it is" all \
	'out_has "^HTTP/1.1 200"' 'out_has "^Content-Type: text/plain; version=0.0.4; charset=utf-8"'
run sh -c "printf 'POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello' | nc 127.0.0.1 $port"
ok "export --listen: nothing can be posted" out_has '^HTTP/1.1 405'
run sh -c "printf 'GET /etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' | nc 127.0.0.1 $port"
ok "export --listen: there is no other page" out_has '^HTTP/1.1 404'
run sh -c "head -c 100000 /dev/urandom | nc 127.0.0.1 $port; true"
ok "export --listen: nonsense does no harm" page_has '^fraktor_up 1$'
# A client that says nothing, and so many more that no connection is left.
hangs=
for _ in 1 2 3 4 5 6 7 8; do
	sleep 60 | nc 127.0.0.1 "$port" >/dev/null 2>&1 &
	hangs="$hangs $!"
done
sleep 0.3
ok "export --listen: clients that hang hold nobody up" page_has '^fraktor_up 1$'
# shellcheck disable=SC2086 # several
kill $hangs 2>/dev/null
run "$FRAKTOR" export --prometheus --listen="127.0.0.1:$port"
ok "export --listen: a port that is taken is named" all 'status_is 1' out_empty \
	"err_has '^fraktor: --listen=127.0.0.1:$port: another program listens there'"
run "$FRAKTOR" export --prometheus --listen=192.0.2.1:9
ok "export --listen: so is an address that is not ours" all 'status_is 1' \
	'err_has "^fraktor: --listen=192.0.2.1:9: cannot listen: "'

if type prometheus >/dev/null 2>&1; then
	cat >"$tap_dir/prometheus.yml" <<-END
		global:
		  scrape_interval: 2s
		scrape_configs:
		  - job_name: fraktor
		    static_configs:
		      - targets: ['127.0.0.1:$port']
	END
	prometheus --config.file="$tap_dir/prometheus.yml" --storage.tsdb.path="$tap_dir/tsdb" \
		--web.listen-address=127.0.0.1:9090 >"$tap_dir/prometheus.log" 2>&1 &
	prometheus=$!
	# query EXPRESSION: its value, as Prometheus stored it; the reply is kept.
	query() {
		get "http://127.0.0.1:9090/api/v1/query?query=$1" >"$tap_dir/reply"
		grep -o '"value":\[[0-9.]*,"[^"]*"' "$tap_dir/reply" | cut -d'"' -f4
	}
	is_scraped() { [ "$(query 'up{job="fraktor"}')" = 1 ] && [ -n "$(query fraktor_ticks_total)" ]; }
	is_above() {
		value=$(query "$1" | cut -d. -f1)
		out=$(cat "$tap_dir/reply")
		[ "${value:-0}" -gt "$2" ] 2>/dev/null
	}
	up_is() { [ "$(query fraktor_up)" = "$1" ]; }
	ok "prometheus: scrapes it" wait_for 120 is_scraped
	ok "prometheus: R1.5 knows the rate of the ticks" wait_for 60 is_above \
		"100*($(for counter in ticks missed_periods idled_periods; do
			printf '%%2Birate(fraktor_%s_total[30s])' $counter; done | cut -c4-))*fraktor_period_seconds" 50
	ok "prometheus: has a quantile of the lateness" wait_for 60 is_above \
		'1e9*histogram_quantile(0.5,fraktor_lateness_seconds_bucket)' 0
	get "http://127.0.0.1:9090/api/v1/targets" >"$tap_dir/targets"
	ok "prometheus: finds no fault with it" grep -q '"lastError":"".*"health":"up"' "$tap_dir/targets"
fi

run_examples fraktor-export
stop_source
if [ -f "$module" ]; then
	ok "rmmod: the exporter does not keep the module" wait_for 30 rmmod fraktor
	if [ -n "${prometheus:-}" ]; then
		ok "prometheus: sees that the module is gone" wait_for 60 up_is 0
	fi
	ok "export --listen: without the module says so" page_has '^fraktor_up 0$'
	err=$(cat "$tap_dir/serve.err")
	ok "export --listen: and tells it once on standard error" [ \
		"$(grep -c '^fraktor: the kernel module was unloaded: modprobe fraktor' "$tap_dir/serve.err")" -eq 1 ]
	run insmod "$module"
	ok "export --listen: finds the module again" wait_for 30 page_has '^fraktor_up 1$'
	if [ -n "${prometheus:-}" ]; then
		ok "prometheus: sees that it is back" wait_for 60 up_is 1
	fi
else
	skip "rmmod: the exporter sees it" "no $module"
fi
if [ -n "${prometheus:-}" ]; then
	kill "$prometheus"
	wait "$prometheus"
fi
kill -TERM $server
run wait $server
ok "export --listen: SIGTERM ends it with status 0" status_is 0
serve --listen='[::1]:0'
if [ -n "$url" ]; then
	ok "export --listen: IPv6" all 'page_has "^fraktor_up 1$"' "echo '$url' | grep -q '^http://\[::1\]:'"
	kill -INT $server
	run wait $server
	ok "export --listen: SIGINT ends it with status 0" status_is 0
else
	skip "export --listen: IPv6" "$(cat "$tap_dir/serve.err")"
fi

plan
