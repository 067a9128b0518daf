//! The pages of the registry: what each object's page says beside its rows. Facts only; `mod.rs` lays them out.

use std::time::Duration;

use terraform_plugin::driver::{Function, Signature};
use terraform_plugin::schema::Schema;

use crate::resources::{call_task, callee_batch};
use crate::task::table;
use crate::{actions, config, functions, provider};

/// One page about an object with a schema.
pub struct Page {
    /// What the object is.
    pub kind: ObjectKind,
    /// Its type name; `aiccs` for the provider.
    pub name: &'static str,
    /// Its rows.
    pub schema: &'static Schema,
    /// The operations of the service that it calls.
    pub operations: &'static [&'static str],
    /// How long each operation may take unless `timeouts` says otherwise.
    pub timeouts: Vec<(&'static str, Duration)>,
    /// More sections, Markdown.
    pub more: &'static str,
}

/// Kinds of pages; each has its folder in `docs/` and in `examples/`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ObjectKind {
    /// The provider block: `docs/index.md`.
    Provider,
    /// A managed resource.
    Resource,
    /// A data source.
    DataSource,
    /// A list of a managed resource's objects.
    List,
    /// An action.
    Action,
}

/// The pages of everything that has a schema.
pub fn pages() -> Vec<Page> {
    let mut pages = resources();
    for source in provider::DATA_SOURCES {
        let operations: &[&str] = match source.name() {
            "aiccs_agents" => &["PageQueryAgentListNew"],
            "aiccs_call_details" => &["QueryAiCallDetailPage"],
            "aiccs_call_task" => &["QueryAiCallTaskDetail", "QueryAiCallTaskPage"],
            "aiccs_voices" => &["ListAvailableTts"],
            _ => &["QueryAiCallTaskPage"],
        };
        let (name, schema) = (source.name(), source.schema());
        pages.push(Page {
            kind: ObjectKind::DataSource,
            name,
            schema,
            operations,
            timeouts: Vec::new(),
            more: "",
        });
    }
    for list in provider::LIST_RESOURCES {
        pages.push(Page {
            kind: ObjectKind::List,
            name: list.name(),
            schema: list.schema(),
            operations: &["QueryAiCallTaskDetail", "QueryAiCallTaskPage"],
            timeouts: Vec::new(),
            more: LIST,
        });
    }
    for action in provider::ACTIONS {
        let (operations, limit, more): (&[&str], _, _) = match action.name() {
            "aiccs_call_task_start" => (
                &["StartAiCallTask", "QueryAiCallTaskDetail", "QueryAiCallTaskPage"],
                actions::start::CALL_TASK_START.limit,
                START,
            ),
            "aiccs_call_task_stop" => (
                &["StopAiCallTask", "QueryAiCallTaskDetail", "QueryAiCallTaskPage"],
                actions::stop::CALL_TASK_STOP.limit,
                STOP,
            ),
            _ => (
                &[
                    "ImportTaskNumberDatas",
                    "CancelAiCallDetails",
                    "QueryAiCallDetailPage",
                    "QueryAiCallTaskDetail",
                    "QueryAiCallTaskPage",
                    "StartAiCallTask",
                ],
                actions::import_callees::IMPORT_CALLEES.limit,
                IMPORT,
            ),
        };
        let (name, schema) = (action.name(), action.schema());
        let timeouts = vec![("invoke", limit)];
        pages.push(Page { kind: ObjectKind::Action, name, schema, operations, timeouts, more });
    }
    pages
}

fn resources() -> Vec<Page> {
    vec![
        Page {
            kind: ObjectKind::Provider,
            name: "aiccs",
            schema: &config::SCHEMA,
            operations: &[],
            timeouts: Vec::new(),
            more: PROVIDER,
        },
        Page {
            kind: ObjectKind::Resource,
            name: "aiccs_call_task",
            schema: &table::SCHEMA,
            operations: &[
                "CreateAiCallTask",
                "UpdateAiCallTask",
                "QueryAiCallTaskDetail",
                "QueryAiCallTaskPage",
                "StartAiCallTask",
                "StopAiCallTask",
            ],
            timeouts: call_task::TIMEOUTS.to_vec(),
            more: CALL_TASK,
        },
        Page {
            kind: ObjectKind::Resource,
            name: "aiccs_callee_batch",
            schema: &callee_batch::table::SCHEMA,
            operations: &[
                "ImportTaskNumberDatas",
                "CancelAiCallDetails",
                "QueryAiCallDetailPage",
                "QueryAiCallTaskDetail",
                "QueryAiCallTaskPage",
                "StartAiCallTask",
            ],
            timeouts: callee_batch::TIMEOUTS.to_vec(),
            more: CALLEE_BATCH,
        },
    ]
}

/// The signatures of the functions.
pub fn functions() -> [&'static Signature; 3] {
    [
        functions::call_windows::CallWindows.signature(),
        functions::rfc3339::Rfc3339.signature(),
        functions::unix_millis::UnixMillis.signature(),
    ]
}

const PROVIDER: &str = "\
## Credentials

Credentials are fetched when they are first needed, shared by all resources, and renewed before they expire. The first
of these that is there is used:

1. `access_key`, `secret_key` and `security_token`, or their environment variables.
2. The profile named by `profile`, of `shared_credentials_file`. All modes of the Alibaba Cloud CLI serve: `AK`,
   `StsToken`, `RamRoleArn`, `EcsRamRole`, `OIDC`, `ChainableRamRoleArn`, `External`, `CredentialsURI`, `CloudSSO` and
   `OAuth` (the last two with the session that the CLI has cached).
3. `credentials_uri`.
4. `ecs_role_name`, by the ECS metadata service.
5. An OIDC token, by `assume_role_with_oidc` or the environment of RRSA.
6. The current profile of `~/.aliyun/config.json`, then `~/.alibabacloud/credentials.ini`.

A block `assume_role_with_oidc` goes before all of these, unless `access_key` is set as an argument. `assume_role` takes
on a role with what was found. When nothing is found, the error lists each source and why it did not serve.

A plan that reads nothing needs no credentials: they are looked for at the first call.

## Values that are not known yet

A provider block may hold values of resources that are yet to be created. Until they are known, plans do not refresh:
resources keep their state, with a warning; data sources say which argument is unknown.

## Retries

Queries are sent again after a failure, with growing pauses; `x-acs-retry-after` is honoured. Throttling is borne until
the `timeouts` of the resource. What could be done twice is not sent again blindly: the task is looked up first. Ctrl-C
ends all waits at once and keeps the state; a write that is under way is waited for, up to `client_read_timeout`.
";

const CALL_TASK: &str = "\
## Updates of a running task

AICCS changes only tasks that are stopped. When a task runs, an update stops it, changes it and starts it again; the plan
warns of that. With `allow_stopping_for_update = false` such a plan is an error, unless `desired_status = \"STOPPED\"`
allows the stop. If the update fails after the stop, the task is started again and both outcomes are told; a start that
did not happen is made good by the next apply, whose plan says so. A task that `adopt_existing` takes over while it runs
is stopped and started again in the same way.

## Destroy

The service has no operation that deletes a call task: it remains in the account, and its name stays taken. What a destroy
does instead is said by the `deletion_policy` that was applied last:

* `STOP`: stops the task if it runs, or if it is scheduled and would start by itself; then forgets it.
* `RETIRE`: the same, then renames it to `<name>-retired-<task id>`, so that its name is free again. This cannot work with
  `create_before_destroy`, where the new task comes first.
* `ABANDON`: calls nothing and forgets the task. If it runs, it goes on calling people.
* `PREVENT`: refuses, at plan time and again at apply.

A replacement under the same name is refused at plan time unless `RETIRE` is in force. A task that Terraform has tainted
is taken over by its successor of the same name and agent, instead of being left behind; under `RETIRE` it is renamed
and a new one is made, unless `terraform untaint` keeps it.

## Import

By the id of the task, or by its exact name:

```shell
terraform import aiccs_call_task.example 118000000000000001
terraform import aiccs_call_task.example 'Appointment reminder'
```

With an `import` block, from Terraform 1.5 on:

```terraform
import {
  to = aiccs_call_task.example
  id = \"118000000000000001\"
}
```

By identity, from Terraform 1.12 on:

```terraform
import {
  to = aiccs_call_task.example
  identity = {
    task_id = \"118000000000000001\"
  }
}
```
";

const CALLEE_BATCH: &str = "\
## Import of callees

Callees are imported in chunks of 1000. A chunk that fails takes the earlier ones back; what cannot be cancelled stays in
the state and is counted in the error. When the answer of an import is lost, its callees are looked up by their time,
count, `out_id` and number; they are never sent again, so that nobody is called twice. Messages name rows by their place.

When they are not found, they may still come in: the batch stays in the state as `lost/...`, and the next apply looks for
them again, takes over what it finds by its numbers, and only else imports anew. A destroy cancels a batch of that size and
time, and says so. After a lost answer give the service a minute.

Importing into a task with `start_type = \"IMMEDIATE\"` that was never started may start it.

## Destroy

Cancels the callees that were not called yet, and warns with counts when others remain. A batch cannot be imported into
Terraform.
";

const LIST: &str = "\
## Use

Put the block into a file that ends in `.tfquery.hcl`, beside the configuration of the provider, and run:

```shell
terraform query
terraform query -generate-config-out=tasks.tf
```

The second command writes a `resource` and an `import` block for each task. Tasks come in the service's order, page by
page, and no more is asked for than `limit` shows. With `include_resource = true`, and whenever configuration is
generated, the settings of each task are read too: one more query for each.
";

const START: &str = "\
## Use

By hand, or after a change of a resource through an `action_trigger`:

```shell
terraform apply -invoke=action.aiccs_call_task_start.reminder
```

An action leaves no state. When the same task is managed by `aiccs_call_task`, its `status` shows the new run state after
the next refresh; where `desired_status` is set, the next apply brings the task back to it.
";

const STOP: &str = "\
## Use

By hand, or after a change of a resource through an `action_trigger`:

```shell
terraform apply -invoke=action.aiccs_call_task_stop.reminder
```

What is being called goes on to its end. An action leaves no state. When the same task is managed by `aiccs_call_task`,
its `status` shows the new run state after the next refresh; where `desired_status` is set, the next apply brings the task
back to it.
";

const IMPORT: &str = "\
## Use

By hand, or after a change of a resource through an `action_trigger`:

```shell
terraform apply -invoke=action.aiccs_import_callees.december
```

Every invocation imports all callees once more: nothing remembers that they are in. Progress is told for each chunk of
1000. A chunk that fails takes the earlier ones of the same invocation back. When the answer of an import is lost, its
callees are looked up by their time, count, `out_id` and number; they are never sent again, so that nobody is called twice.
Messages name rows by their place, never by a number.
";
