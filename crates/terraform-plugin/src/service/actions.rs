//! The calls of actions that answer at once.

use tfplugin_proto::tfplugin6 as pb;

use super::Service;
use crate::driver::Provider;
use crate::request::On;
use crate::wire;

impl<P: Provider> Service<P> {
    pub(super) async fn checked_action(
        &self,
        request: pb::validate_action_config::Request,
    ) -> pb::validate_action_config::Response {
        let (engine, name) = (self.engine.clone(), request.type_name.clone());
        let work = async move { engine.validate_action(&name, &wire::input(request.config)) };
        let on = On::Action(&request.type_name);
        let answer = self.calls.run("ValidateActionConfig", on, work).await;
        let diagnostics = wire::diagnostics(answer.diagnostics);
        pb::validate_action_config::Response { diagnostics }
    }

    pub(super) async fn planned_action(
        &self,
        request: pb::plan_action::Request,
    ) -> pb::plan_action::Response {
        let (engine, name) = (self.engine.clone(), request.action_type.clone());
        let config = wire::input(request.config);
        let allowed = wire::deferral_allowed(request.client_capabilities);
        let work = async move { engine.plan_action(&name, &config, allowed).await };
        let answer = self.calls.run("PlanAction", On::Action(&request.action_type), work).await;
        pb::plan_action::Response {
            diagnostics: wire::diagnostics(answer.diagnostics),
            deferred: wire::deferred(answer.deferred),
        }
    }
}
