#include <fraktor/fraktor.h> /* SPDX-License-Identifier: MIT */
enum { TICK = FRK_MESSAGE_USER, SECOND };
static int receive(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == FRK_MESSAGE_STARTED && !frk_context_every(context, TICK, 0, NULL))
		return frk_context_every(context, SECOND, FRK_S(1), NULL);
	return message->kind == SECOND ? frk_report_live(frk_context_system(context), stderr) : 0;
}
int main(void)
{
	struct frk_actor_opts actor = FRK_ACTOR_OPTS(.name = "quickstart", .receive = receive);
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(.driver_name = "kernel", .run_ns = FRK_S(10),
						      .env = 1, .error = &(struct frk_error){ 0 });
	struct frk_system *system = NULL;
	if (frk_system_build(&opts, &system) || frk_system_spawn(system, &actor, NULL) ||
	    frk_system_run(system))
		return frk_error_print(opts.error, stderr);
	return frk_report_summary(system, stdout) || frk_system_unref(system);
}
