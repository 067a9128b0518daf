//! The list resource `aiccs_call_task`: the tasks of the account for `terraform query`, whole where that is wanted.

use std::collections::HashSet;
use std::time::Duration;

use aliyun::aiccs::TaskId;
use aliyun::client::Wait;
use aliyun::error::Error;
use regex_lite::Regex;
use serde_json::Value as Json;
use terraform_plugin::diagnostic::Diagnostics;
use terraform_plugin::driver::{BoxFuture, Found, ListResource, Tell, Wanted, respond};
use terraform_plugin::schema::{Attribute, Schema};
use terraform_plugin::value::Value;

use crate::about::{About, Named};
use crate::config::{Context, Ready, Session};
use crate::data_sources::call_tasks::FIELDS as DATA;
use crate::data_sources::filters;
use crate::failure;
use crate::field::{Field, attributes};
use crate::task::private::Private;
use crate::task::state::{Base, fold, imported};
use crate::task::table::IDENTITY;
use crate::task::{Seen, Task, id_of};

/// What its page says.
pub(crate) const ABOUT: About = About {
    subcategory: "Call Tasks",
    operations: &["QueryAiCallTaskDetail", "QueryAiCallTaskPage"],
    rows: &[("", &FIELDS)],
    names: &[Named::own("name_regex")],
    more: "\
## Use

Put the block into a file that ends in `.tfquery.hcl`, beside the configuration of the provider, and run:

```shell
terraform query
terraform query -generate-config-out=tasks.tf
```

The second command writes a `resource` and an `import` block for each task. Tasks come in the service's order, page by
page, and no more is asked for than `limit` shows. With `include_resource = true`, and whenever configuration is
generated, the settings of each task are read too: one more query for each.
",
    ..About::NONE
};

/// The rows: the filters of the data source `aiccs_call_tasks`.
pub const FIELDS: [Field; 6] = [DATA[0], DATA[1], DATA[2], DATA[3], DATA[4], DATA[5]];

const ATTRIBUTES: [Attribute; FIELDS.len()] = attributes(&FIELDS);

/// The schema of the list.
pub static SCHEMA: Schema = Schema::of(
    "The AI outbound-call tasks of the account that match the filters, for `terraform query`: to find what no \
          configuration manages yet, and to import it.",
    &ATTRIBUTES,
);

/// How long a list may take: with whole objects it is a query for each task. Who lists may always interrupt it.
const LIST: Duration = Duration::from_secs(60 * 60);

/// The list resource.
#[derive(Debug)]
pub(crate) struct CallTasks;

impl ListResource<Session> for CallTasks {
    fn name(&self) -> &'static str {
        "aiccs_call_task"
    }

    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    fn list<'a>(
        &'a self,
        call: &'a Context,
        wanted: &'a Wanted,
        tell: Tell<'a>,
    ) -> BoxFuture<'a, Diagnostics> {
        respond(async move {
            let ready = call.client.ready()?;
            let wait = Wait::new(call.stop.clone(), LIST);
            let mut out = Diagnostics::new();
            if let Err(error) = all(ready, wanted, &wait, tell).await {
                out.push(failure::diagnostic("Could not list call tasks", &error, &FIELDS));
            }
            Ok(out)
        })
    }
}

/// Page by page, so that a list that is cut short asks for no more than it shows. The filter that lists a task tells
/// its source, which no answer says; last come tasks that are listed without that filter only.
async fn all(ready: &Ready, wanted: &Wanted, wait: &Wait, tell: Tell<'_>) -> Result<(), Error> {
    let name = wanted.config.get("name_regex").as_str().and_then(|text| Regex::new(text).ok());
    let sources = match wanted.config.get("source").as_int() {
        Some(source) => vec![Some(source)],
        None => vec![Some(0), Some(1), None],
    };
    let mut seen = HashSet::new();
    for source in sources {
        let mut filters = filters(&FIELDS, &wanted.config);
        if let Some(source) = source {
            filters.set("Source", source.to_string());
        }
        let mut pages = ready.client.task_pages(filters, wait);
        while let Some(items) = pages.next().await? {
            for item in items {
                let called = item.get("TaskName").and_then(Json::as_str).unwrap_or_default();
                let Some(id) = id_of(&item).filter(|id| seen.insert(id.clone())) else { continue };
                if name.as_ref().is_some_and(|name| !name.is_match(called)) {
                    continue;
                }
                let task = ready.task(&id, wait);
                let found = found(task, called, source, wanted.objects, &item).await?;
                if found.is_some_and(|found| !tell(found)) {
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

/// One task; none when it has gone meanwhile.
async fn found(
    task: Task<'_>,
    name: &str,
    source: Option<i64>,
    whole: bool,
    item: &Json,
) -> Result<Option<Found>, Error> {
    let mut found = Found {
        identity: identity(task.id),
        name: name.to_owned(),
        object: None,
        diagnostics: Diagnostics::new(),
    };
    if whole {
        let Some(detail) = task.detail().await? else { return Ok(None) };
        let mut base = imported(task.id);
        base.put("source", source.map_or(Value::Null, Value::int));
        let seen = Seen::There { detail, item: Some(item.clone()) };
        let folded = fold(Base::Stored(&base), &seen, &mut Private::default());
        found.object = Some(folded.state);
        // An error would end the list for all the other tasks.
        for odd in folded.diagnostics {
            found.diagnostics.warning(format!("{}: call task {name:?}", odd.summary), odd.detail);
        }
    }
    Ok(Some(found))
}

fn identity(id: &TaskId) -> Value {
    let mut identity = IDENTITY.empty();
    identity.put("task_id", Value::string(id.as_str()));
    identity
}
