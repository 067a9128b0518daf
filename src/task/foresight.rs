//! What a plan asks the service: who has a name, which agents there are, whose account this is. Each question is asked once
//! and never fails a plan; where one cannot be answered, a warning says so and the process asks it no more.

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aliyun::aiccs::{TaskId, exact};
use aliyun::client::{Client, Parameters, Wait};
use aliyun::error::{Error, Kind};
use serde_json::Value as Json;
use terraform_plugin::diagnostic::{Diagnostics, Severity};
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

use super::names::Names;
use super::says_missing;
use super::variables::CallVariables;
use crate::failure;

/// How long a plan asks; what it does not learn by then is left to the apply.
pub(crate) const ASK: Duration = Duration::from_secs(10);

/// How long it asks whose account this is.
const ASK_ACCOUNT: Duration = Duration::from_secs(2);

/// What one configured provider has found out.
#[derive(Debug, Default)]
pub(crate) struct Foresight {
    /// Questions that are not asked any more.
    silenced: Mutex<HashSet<&'static str>>,
    agents: OnceCell<HashSet<String>>,
    names: Names,
    /// What the agent query has said of agents that the list does not show.
    unlisted: tokio::sync::Mutex<HashMap<String, bool>>,
    account: OnceCell<Option<String>>,
    /// What agents say of their call variables.
    variables: tokio::sync::Mutex<HashMap<String, Option<Arc<CallVariables>>>>,
}

/// An agent, and the call variables that it needs.
pub(crate) type Needs = (String, Arc<CallVariables>);

/// What is known of an agent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum AgentKnowledge {
    /// The list or the agent query shows it.
    Known,
    /// Neither does, and both clearly say so.
    Unknown,
    /// Nobody could tell.
    Unclear,
}

impl Foresight {
    /// The tasks that have exactly this name; none where that cannot be found out.
    pub(crate) async fn holders(
        &self,
        client: &Client,
        name: &str,
        stop: &CancellationToken,
        out: &mut Diagnostics,
    ) -> Option<Vec<Json>> {
        let wait = Wait::new(stop.clone(), ASK).at_most(1);
        self.ask("QueryAiCallTaskPage", self.names.holders(client, name, &wait), out).await
    }

    /// Whether there is such an agent. A list that does not show it is no proof: the agent itself is asked for, too.
    pub(crate) async fn agent(
        &self,
        client: &Client,
        id: &str,
        stop: &CancellationToken,
        out: &mut Diagnostics,
    ) -> AgentKnowledge {
        let wait = Wait::new(stop.clone(), ASK).at_most(1);
        let listed = async {
            let agents = self.agents.get_or_try_init(|| async {
                let agents = client.page_query_agent_list_new(&Parameters::new(), &wait).await?;
                let ids = agents.iter().filter_map(|agent| exact(agent.get("AgentId")?));
                Ok::<_, Error>(ids.collect())
            });
            Ok(agents.await?.contains(id))
        };
        match self.ask("PageQueryAgentListNew", listed, out).await {
            Some(true) => return AgentKnowledge::Known,
            Some(false) => {}
            None => return AgentKnowledge::Unclear,
        }
        let detail = async {
            let mut unlisted = self.unlisted.lock().await;
            if let Some(known) = unlisted.get(id) {
                return Ok(*known);
            }
            let known = match client.query_ai_voice_agent_detail_new(id, &wait).await {
                Ok(agent) => !agent.is_null(),
                Err(error) if says_missing(&error) => false,
                Err(error) => return Err(error),
            };
            unlisted.insert(id.to_owned(), known);
            Ok(known)
        };
        match self.ask("QueryAiVoiceAgentDetailNew", detail, out).await {
            Some(true) => AgentKnowledge::Known,
            Some(false) => AgentKnowledge::Unknown,
            None => AgentKnowledge::Unclear,
        }
    }

    /// What the callees of a task need, for a plan: none where the task has no agent, the agent does not say, or neither can
    /// be asked.
    pub(crate) async fn needs_planned(
        &self,
        client: &Client,
        task: &TaskId,
        stop: &CancellationToken,
        out: &mut Diagnostics,
    ) -> Option<Needs> {
        let wait = Wait::new(stop.clone(), ASK).at_most(1);
        self.ask("QueryAiVoiceAgentDetailNew", self.needs(client, task, &wait), out).await?
    }

    /// What the callees of a task need; none where the task has no agent, or the agent does not say.
    ///
    /// # Errors
    /// Task or agent could not be asked.
    pub(crate) async fn needs(
        &self,
        client: &Client,
        task: &TaskId,
        wait: &Wait,
    ) -> Result<Option<Needs>, Error> {
        let detail = client.query_ai_call_task_detail(task, wait).await?;
        let agent = detail.as_ref().and_then(|detail| exact(detail.get("AgentId")?));
        // A task of the call engine has an application and no agent.
        let Some(agent) = agent.filter(|id| id != "0") else { return Ok(None) };
        let mut known = self.variables.lock().await;
        let variables = match known.get(&agent) {
            Some(variables) => variables.clone(),
            None => {
                let told = match client.query_ai_voice_agent_detail_new(&agent, wait).await {
                    Ok(told) => CallVariables::of(&told).map(Arc::new),
                    Err(error) if says_missing(&error) => None,
                    Err(error) => return Err(error),
                };
                known.entry(agent.clone()).or_insert(told).clone()
            }
        };
        Ok(variables.map(|variables| (agent, variables)))
    }

    /// The account of the credentials, where it is easily had.
    pub(crate) async fn account(
        &self,
        client: &Client,
        stop: &CancellationToken,
    ) -> Option<String> {
        if !client.knows_sts() {
            return None;
        }
        let ask = || async {
            let wait = Wait::new(stop.clone(), ASK_ACCOUNT).at_most(0);
            client.caller_identity(&wait).await.ok().map(|identity| identity.account_id)
        };
        self.account.get_or_init(ask).await.clone()
    }

    /// The answer to a question, unless it is not asked any more or cannot be answered.
    async fn ask<T>(
        &self,
        operation: &'static str,
        question: impl Future<Output = Result<T, Error>>,
        out: &mut Diagnostics,
    ) -> Option<T> {
        if self.lock().contains(operation) {
            return None;
        }
        let error = match question.await {
            Ok(answer) => return Some(answer),
            Err(error) => error,
        };
        // Nobody gave credentials: the plan goes without them.
        let none = error.kind == Kind::NoCredentials && !error.tried.is_empty();
        if self.lock().insert(operation) && !none && error.kind != Kind::Interrupted {
            let summary = format!("The plan could not ask {operation}{}", code(&error));
            let mut diagnostic = failure::diagnostic(summary, &error, &[]);
            if !is_about_credentials(error.kind) {
                diagnostic.severity = Severity::Warning;
                diagnostic.detail = format!(
                    "{}\n\nThe plan goes on without the answer, and this is not asked again in this run. What it would have \
                     found out, the apply will.",
                    failure::facts(&error)
                );
            }
            out.push(diagnostic);
        }
        None
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashSet<&'static str>> {
        self.silenced.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn code(error: &Error) -> String {
    error.code.as_ref().map_or_else(String::new, |code| format!(": {code}"))
}

/// No apply can work with these.
fn is_about_credentials(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::AccessKeyInactive
            | Kind::AccessKeyUnknown
            | Kind::NoCredentials
            | Kind::SecretWrong
            | Kind::SecurityToken
            | Kind::WrongAccount
    )
}
