#pragma once

#include "cli/verb.hpp"

// What the table of verbs in verbs.cpp names, by file.

namespace troupe::cli {

using adder = po::options_description_easy_init;

// verbs_work.cpp
void node_options(adder& add);
int run_node_verb(verb_call& call);
void run_options(adder& add);
int run_run(verb_call& call);
void plan_options(adder& add);
int run_plan(verb_call& call);
void submit_options(adder& add);
int run_submit(verb_call& call);
void watch_options(adder& add);
int run_watch(verb_call& call);

/// What a node of this process is started with.
node_args node_args_of(verb_call& call);
/// The node that is running, if any, where nobody insists on one; null: a node
/// of this process has to do.
std::shared_ptr<core::api> running_node(verb_call& call,
                                        const node_args& args);

// verbs_config.cpp
void config_options(adder& add);
int run_config(verb_call& call);

// verbs_drain.cpp
void drain_options(adder& add);
int run_drain(verb_call& call);

// verbs_init.cpp
void init_options(adder& add);
int run_init(verb_call& call);

// verbs_register.cpp
int run_register(verb_call& call);
void with_option(adder& add);
/// Registers what `--with` names, in the order given.
void register_with(verb_call& call);

// verbs_list.cpp
void page_options(adder& add);
void runs_options(adder& add);
int run_runs(verb_call& call);
void tasks_options(adder& add);
int run_tasks(verb_call& call);
int run_status(verb_call& call);
int run_why(verb_call& call);
/// Adds `--watch`.
void watch_option(adder& add);
int run_approvals(verb_call& call);
int run_agents(verb_call& call);
void tree_options(adder& add);
int run_tree(verb_call& call);

// verbs_records.cpp
std::span<const verb> record_verbs();

// verbs_outward.cpp
int run_metrics(verb_call& call);
int run_webhooks(verb_call& call);
int run_dead_letters(verb_call& call);
int run_redeliver(verb_call& call);

// verbs_logs.cpp
void logs_options(adder& add);
int run_logs(verb_call& call);

// verbs_queue.cpp
void decompose_options(adder& add);
int run_decompose(verb_call& call);
void execute_options(adder& add);
int run_execute(verb_call& call);
void queue_options(adder& add);
int run_queue(verb_call& call);
int run_release(verb_call& call);
int run_hold(verb_call& call);

// verbs_change.cpp
void cancel_options(adder& add);
int run_cancel(verb_call& call);
int run_retry(verb_call& call);
int run_pause(verb_call& call);
int run_resume(verb_call& call);
void signal_options(adder& add);
int run_signal(verb_call& call);
void answer_options(adder& add);
int run_approve(verb_call& call);
int run_reject(verb_call& call);
int run_backup(verb_call& call);
int run_restore(verb_call& call);

// verbs_token.cpp
void token_options(adder& add);
int run_token(verb_call& call);

// top.cpp
int run_top(verb_call& call);

// verbs_mcp.cpp
void mcp_options(adder& add);
int run_mcp(verb_call& call);

// completion.cpp
int run_completion(verb_call& call);

// verbs_self.cpp
int run_schema(verb_call& call);
void doctor_options(adder& add);
int run_doctor(verb_call& call);
int run_bench_help(verb_call& call);
int run_sim_help(verb_call& call);
int run_version(verb_call& call);
int run_help(verb_call& call);

} // namespace troupe::cli
