//! The protocol's service: each call is translated, handed to the engine in a task of its own, and answered.
//! A task of its own means that a dropped call never cuts a write in two and a panic is a diagnostic.

mod actions;
mod calls;
mod ephemeral;
mod schemas;

use std::sync::Arc;

use tfplugin_proto::tfplugin6 as pb;
use tfplugin_proto::tfplugin6::provider_server::Provider as Rpc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, async_trait};
use tracing::debug;

use self::calls::{Calls, Events, panicked};
use super::driver::Provider;
use super::engine::{ApplyInputs, Engine, PlanInputs};
use super::moved::MoveInputs;
use super::request::On;
use super::stream::ListInputs;
use super::wire;

/// How many writes are in flight. A shutdown waits for them, but not long.
pub(super) type Writes = watch::Sender<usize>;

pub(super) struct Service<P: Provider> {
    engine: Arc<Engine<P>>,
    calls: Calls,
}

impl<P: Provider> Service<P> {
    pub(super) fn new(provider: P, writes: Arc<Writes>) -> Service<P> {
        Service { engine: Arc::new(Engine::new(provider)), calls: Calls::new(writes) }
    }

    /// Ends the waits of the calls in flight once the token says so.
    pub(super) fn stop_when(&self, gone: CancellationToken) {
        let engine = self.engine.clone();
        tokio::spawn(async move {
            gone.cancelled().await;
            engine.stop();
        });
    }
}

#[async_trait]
impl<P: Provider> Rpc for Service<P> {
    async fn get_provider_schema(
        &self,
        _: Request<pb::get_provider_schema::Request>,
    ) -> Result<Response<pb::get_provider_schema::Response>, Status> {
        Ok(Response::new(schemas::all(self.engine.provider())))
    }

    async fn validate_provider_config(
        &self,
        request: Request<pb::validate_provider_config::Request>,
    ) -> Result<Response<pb::validate_provider_config::Response>, Status> {
        let (engine, request) = (self.engine.clone(), request.into_inner());
        let work = async move { engine.validate_provider(&wire::input(request.config)) };
        let answer = self.calls.run("ValidateProviderConfig", On::Provider, work).await;
        let diagnostics = wire::diagnostics(answer.diagnostics);
        Ok(Response::new(pb::validate_provider_config::Response { diagnostics }))
    }

    async fn configure_provider(
        &self,
        request: Request<pb::configure_provider::Request>,
    ) -> Result<Response<pb::configure_provider::Response>, Status> {
        let (engine, request) = (self.engine.clone(), request.into_inner());
        let work = async move {
            let allowed = wire::deferral_allowed(request.client_capabilities);
            engine.configure(&wire::input(request.config), &request.terraform_version, allowed)
        };
        let answer = self.calls.run("ConfigureProvider", On::Provider, work).await;
        let diagnostics = wire::diagnostics(answer.diagnostics);
        Ok(Response::new(pb::configure_provider::Response { diagnostics }))
    }

    async fn stop_provider(
        &self,
        _: Request<pb::stop_provider::Request>,
    ) -> Result<Response<pb::stop_provider::Response>, Status> {
        debug!("stop requested: waits end, writes in flight complete");
        self.engine.stop();
        Ok(Response::new(pb::stop_provider::Response::default()))
    }

    async fn validate_resource_config(
        &self,
        request: Request<pb::validate_resource_config::Request>,
    ) -> Result<Response<pb::validate_resource_config::Response>, Status> {
        let (engine, request) = (self.engine.clone(), request.into_inner());
        let name = request.type_name.clone();
        let write_only =
            request.client_capabilities.is_some_and(|c| c.write_only_attributes_allowed);
        let work = async move {
            engine.validate_resource(&name, &wire::input(request.config), write_only)
        };
        let answer =
            self.calls.run("ValidateResourceConfig", On::Resource(&request.type_name), work).await;
        let diagnostics = wire::diagnostics(answer.diagnostics);
        Ok(Response::new(pb::validate_resource_config::Response { diagnostics }))
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<pb::upgrade_resource_state::Request>,
    ) -> Result<Response<pb::upgrade_resource_state::Response>, Status> {
        let (engine, request) = (self.engine.clone(), request.into_inner());
        let name = request.type_name.clone();
        let state = request.raw_state.unwrap_or_default().json;
        let work = async move { engine.upgrade(&name, request.version, &state) };
        let answer =
            self.calls.run("UpgradeResourceState", On::Resource(&request.type_name), work).await;
        let diagnostics = wire::diagnostics(answer.diagnostics);
        let upgraded_state = wire::dynamic(answer.value);
        Ok(Response::new(pb::upgrade_resource_state::Response { upgraded_state, diagnostics }))
    }

    async fn move_resource_state(
        &self,
        request: Request<pb::move_resource_state::Request>,
    ) -> Result<Response<pb::move_resource_state::Response>, Status> {
        let (engine, request) = (self.engine.clone(), request.into_inner());
        let name = request.target_type_name.clone();
        let identity = request.source_identity.unwrap_or_default().json;
        let inputs = MoveInputs {
            provider: request.source_provider_address,
            type_name: request.source_type_name,
            version: request.source_schema_version,
            state: request.source_state.unwrap_or_default().json,
            private: request.source_private,
            identity: (identity, request.source_identity_schema_version),
        };
        let work = async move { engine.take_over(&name, &inputs) };
        let on = On::Resource(&request.target_type_name);
        let answer = self.calls.run("MoveResourceState", on, work).await;
        Ok(Response::new(pb::move_resource_state::Response {
            target_state: wire::dynamic(answer.value),
            target_private: answer.private.into(),
            target_identity: wire::identity(answer.identity),
            diagnostics: wire::diagnostics(answer.diagnostics),
        }))
    }

    async fn read_resource(
        &self,
        request: Request<pb::read_resource::Request>,
    ) -> Result<Response<pb::read_resource::Response>, Status> {
        let (engine, request) = (self.engine.clone(), request.into_inner());
        let name = request.type_name.clone();
        let state = wire::input(request.current_state);
        let allowed = wire::deferral_allowed(request.client_capabilities);
        let work = async move { engine.read(&name, &state, &request.private, allowed).await };
        let answer = self.calls.run("ReadResource", On::Resource(&request.type_name), work).await;
        Ok(Response::new(pb::read_resource::Response {
            new_state: wire::dynamic(answer.value),
            new_identity: wire::identity(answer.identity),
            diagnostics: wire::diagnostics(answer.diagnostics),
            private: answer.private.into(),
            deferred: wire::deferred(answer.deferred),
        }))
    }

    async fn plan_resource_change(
        &self,
        request: Request<pb::plan_resource_change::Request>,
    ) -> Result<Response<pb::plan_resource_change::Response>, Status> {
        let (engine, request) = (self.engine.clone(), request.into_inner());
        let name = request.type_name.clone();
        let inputs = PlanInputs {
            prior: wire::input(request.prior_state),
            proposed: wire::input(request.proposed_new_state),
            config: wire::input(request.config),
            private: request.prior_private,
            deferral_allowed: wire::deferral_allowed(request.client_capabilities),
        };
        let answer = self
            .calls
            .run("PlanResourceChange", On::Resource(&request.type_name), async move {
                engine.plan(&name, &inputs).await
            })
            .await;
        Ok(Response::new(pb::plan_resource_change::Response {
            planned_state: wire::dynamic(answer.value),
            planned_identity: wire::identity(answer.identity),
            requires_replace: answer.replace.iter().map(wire::path).collect(),
            planned_private: answer.private.into(),
            deferred: wire::deferred(answer.deferred),
            diagnostics: wire::diagnostics(answer.diagnostics),
            ..Default::default()
        }))
    }

    async fn apply_resource_change(
        &self,
        request: Request<pb::apply_resource_change::Request>,
    ) -> Result<Response<pb::apply_resource_change::Response>, Status> {
        let (engine, request) = (self.engine.clone(), request.into_inner());
        let (name, in_flight) = (request.type_name.clone(), self.calls.write());
        let inputs = ApplyInputs {
            prior: wire::input(request.prior_state),
            planned: wire::input(request.planned_state),
            config: wire::input(request.config),
            private: request.planned_private,
        };
        let work = async move {
            let answer = engine.apply(&name, &inputs).await;
            drop(in_flight);
            answer
        };
        let answer =
            self.calls.run("ApplyResourceChange", On::Resource(&request.type_name), work).await;
        Ok(Response::new(pb::apply_resource_change::Response {
            new_state: wire::dynamic(answer.value),
            new_identity: wire::identity(answer.identity),
            private: answer.private.into(),
            diagnostics: wire::diagnostics(answer.diagnostics),
            ..Default::default()
        }))
    }

    async fn import_resource_state(
        &self,
        request: Request<pb::import_resource_state::Request>,
    ) -> Result<Response<pb::import_resource_state::Response>, Status> {
        let (engine, request) = (self.engine.clone(), request.into_inner());
        let name = request.type_name.clone();
        let by = wire::input(request.identity.and_then(|identity| identity.identity_data));
        let allowed = wire::deferral_allowed(request.client_capabilities);
        let work = async move { engine.import(&name, request.id, &by, allowed).await };
        let answer =
            self.calls.run("ImportResourceState", On::Resource(&request.type_name), work).await;
        let told = answer.deferred.is_none() || answer.value.is_some();
        let imported = pb::import_resource_state::ImportedResource {
            type_name: request.type_name,
            state: wire::dynamic(answer.value),
            identity: wire::identity(answer.identity),
            private: answer.private.into(),
        };
        let found = told && !answer.diagnostics.has_errors();
        Ok(Response::new(pb::import_resource_state::Response {
            imported_resources: if found { vec![imported] } else { Vec::new() },
            diagnostics: wire::diagnostics(answer.diagnostics),
            deferred: wire::deferred(answer.deferred),
        }))
    }

    async fn get_resource_identity_schemas(
        &self,
        _: Request<pb::get_resource_identity_schemas::Request>,
    ) -> Result<Response<pb::get_resource_identity_schemas::Response>, Status> {
        Ok(Response::new(schemas::identities(self.engine.provider())))
    }

    async fn upgrade_resource_identity(
        &self,
        request: Request<pb::upgrade_resource_identity::Request>,
    ) -> Result<Response<pb::upgrade_resource_identity::Response>, Status> {
        let (engine, request) = (self.engine.clone(), request.into_inner());
        let name = request.type_name.clone();
        let stored = request.raw_identity.unwrap_or_default().json;
        let work = async move { engine.upgrade_identity(&name, request.version, &stored) };
        let answer =
            self.calls.run("UpgradeResourceIdentity", On::Resource(&request.type_name), work).await;
        let diagnostics = wire::diagnostics(answer.diagnostics);
        let upgraded_identity = wire::identity(answer.identity);
        Ok(Response::new(pb::upgrade_resource_identity::Response {
            upgraded_identity,
            diagnostics,
        }))
    }

    async fn validate_data_resource_config(
        &self,
        request: Request<pb::validate_data_resource_config::Request>,
    ) -> Result<Response<pb::validate_data_resource_config::Response>, Status> {
        let (engine, request) = (self.engine.clone(), request.into_inner());
        let name = request.type_name.clone();
        let work = async move { engine.validate_data_source(&name, &wire::input(request.config)) };
        let answer = self
            .calls
            .run("ValidateDataResourceConfig", On::DataSource(&request.type_name), work)
            .await;
        let diagnostics = wire::diagnostics(answer.diagnostics);
        Ok(Response::new(pb::validate_data_resource_config::Response { diagnostics }))
    }

    async fn read_data_source(
        &self,
        request: Request<pb::read_data_source::Request>,
    ) -> Result<Response<pb::read_data_source::Response>, Status> {
        let (engine, request) = (self.engine.clone(), request.into_inner());
        let name = request.type_name.clone();
        let config = wire::input(request.config);
        let allowed = wire::deferral_allowed(request.client_capabilities);
        let work = async move { engine.read_data_source(&name, &config, allowed).await };
        let answer =
            self.calls.run("ReadDataSource", On::DataSource(&request.type_name), work).await;
        Ok(Response::new(pb::read_data_source::Response {
            state: wire::dynamic(answer.value),
            diagnostics: wire::diagnostics(answer.diagnostics),
            deferred: wire::deferred(answer.deferred),
        }))
    }

    async fn get_functions(
        &self,
        _: Request<pb::get_functions::Request>,
    ) -> Result<Response<pb::get_functions::Response>, Status> {
        let functions = schemas::functions(self.engine.provider());
        Ok(Response::new(pb::get_functions::Response { functions, diagnostics: Vec::new() }))
    }

    async fn call_function(
        &self,
        request: Request<pb::call_function::Request>,
    ) -> Result<Response<pb::call_function::Response>, Status> {
        let (engine, request) = (self.engine.clone(), request.into_inner());
        let arguments = request.arguments.into_iter().map(|argument| wire::input(Some(argument)));
        let arguments: Vec<_> = arguments.collect();
        let called = tokio::spawn(async move { engine.call_function(&request.name, &arguments) });
        let (result, error) = match called.await {
            Ok(Ok(result)) => (wire::dynamic(Some(result)), None),
            Ok(Err(refusal)) => (None, Some(wire::refusal(refusal))),
            Err(error) => (None, Some(wire::refusal(panicked(error)))),
        };
        Ok(Response::new(pb::call_function::Response { result, error }))
    }

    async fn validate_ephemeral_resource_config(
        &self,
        request: Request<pb::validate_ephemeral_resource_config::Request>,
    ) -> Result<Response<pb::validate_ephemeral_resource_config::Response>, Status> {
        Ok(Response::new(self.validate_ephemeral(request.into_inner()).await))
    }

    async fn open_ephemeral_resource(
        &self,
        request: Request<pb::open_ephemeral_resource::Request>,
    ) -> Result<Response<pb::open_ephemeral_resource::Response>, Status> {
        Ok(Response::new(self.open(request.into_inner()).await))
    }

    async fn renew_ephemeral_resource(
        &self,
        request: Request<pb::renew_ephemeral_resource::Request>,
    ) -> Result<Response<pb::renew_ephemeral_resource::Response>, Status> {
        Ok(Response::new(self.renew(request.into_inner()).await))
    }

    async fn close_ephemeral_resource(
        &self,
        request: Request<pb::close_ephemeral_resource::Request>,
    ) -> Result<Response<pb::close_ephemeral_resource::Response>, Status> {
        Ok(Response::new(self.close(request.into_inner()).await))
    }

    async fn validate_list_resource_config(
        &self,
        request: Request<pb::validate_list_resource_config::Request>,
    ) -> Result<Response<pb::validate_list_resource_config::Response>, Status> {
        let (engine, request) = (self.engine.clone(), request.into_inner());
        let name = request.type_name.clone();
        let work = async move { engine.validate_list(&name, &wire::input(request.config)) };
        let on = On::ListResource(&request.type_name);
        let answer = self.calls.run("ValidateListResourceConfig", on, work).await;
        let diagnostics = wire::diagnostics(answer.diagnostics);
        Ok(Response::new(pb::validate_list_resource_config::Response { diagnostics }))
    }

    async fn list_resource(
        &self,
        request: Request<pb::list_resource::Request>,
    ) -> Result<Response<Events<pb::list_resource::Event>>, Status> {
        let (engine, request) = (self.engine.clone(), request.into_inner());
        let name = request.type_name.clone();
        let inputs = ListInputs {
            config: wire::input(request.config),
            objects: request.include_resource_object,
            limit: request.limit,
        };
        let work = |events: calls::Sender<_>| async move {
            engine.list(&name, &inputs, |listed| events.send(wire::listed(listed))).await
        };
        let on = On::ListResource(&request.type_name);
        Ok(self.calls.stream("ListResource", on, work, wire::list_end))
    }

    async fn validate_action_config(
        &self,
        request: Request<pb::validate_action_config::Request>,
    ) -> Result<Response<pb::validate_action_config::Response>, Status> {
        Ok(Response::new(self.checked_action(request.into_inner()).await))
    }

    async fn plan_action(
        &self,
        request: Request<pb::plan_action::Request>,
    ) -> Result<Response<pb::plan_action::Response>, Status> {
        Ok(Response::new(self.planned_action(request.into_inner()).await))
    }

    async fn invoke_action(
        &self,
        request: Request<pb::invoke_action::Request>,
    ) -> Result<Response<Events<pb::invoke_action::Event>>, Status> {
        let (engine, request) = (self.engine.clone(), request.into_inner());
        let (name, in_flight) = (request.action_type.clone(), self.calls.write());
        let config = wire::input(request.config);
        let work = |events: calls::Sender<_>| async move {
            let progress = |message: String| {
                events.send(wire::progress(&message));
            };
            let answer = engine.invoke(&name, &config, &progress).await;
            drop(in_flight);
            answer
        };
        let on = On::Action(&request.action_type);
        Ok(self.calls.stream("InvokeAction", on, work, wire::completed))
    }
}

#[cfg(test)]
mod tests;
