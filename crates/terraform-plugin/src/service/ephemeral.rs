//! The calls of ephemeral resources.

use tfplugin_proto::tfplugin6 as pb;

use super::Service;
use crate::driver::Provider;
use crate::request::On;
use crate::wire;

impl<P: Provider> Service<P> {
    pub(super) async fn validate_ephemeral(
        &self,
        request: pb::validate_ephemeral_resource_config::Request,
    ) -> pb::validate_ephemeral_resource_config::Response {
        let (engine, name) = (self.engine.clone(), request.type_name.clone());
        let work = async move { engine.validate_ephemeral(&name, &wire::input(request.config)) };
        let on = On::EphemeralResource(&request.type_name);
        let answer = self.calls.run("ValidateEphemeralResourceConfig", on, work).await;
        let diagnostics = wire::diagnostics(answer.diagnostics);
        pb::validate_ephemeral_resource_config::Response { diagnostics }
    }

    pub(super) async fn open(
        &self,
        request: pb::open_ephemeral_resource::Request,
    ) -> pb::open_ephemeral_resource::Response {
        let (engine, name) = (self.engine.clone(), request.type_name.clone());
        let config = wire::input(request.config);
        let allowed = wire::deferral_allowed(request.client_capabilities);
        let work = async move { engine.open(&name, &config, allowed).await };
        let on = On::EphemeralResource(&request.type_name);
        let answer = self.calls.run("OpenEphemeralResource", on, work).await;
        pb::open_ephemeral_resource::Response {
            diagnostics: wire::diagnostics(answer.diagnostics),
            renew_at: answer.renew_at.map(Into::into),
            result: wire::dynamic(answer.value),
            private: Some(answer.private.into()),
            deferred: wire::deferred(answer.deferred),
        }
    }

    pub(super) async fn renew(
        &self,
        request: pb::renew_ephemeral_resource::Request,
    ) -> pb::renew_ephemeral_resource::Response {
        let (engine, name) = (self.engine.clone(), request.type_name.clone());
        let private = request.private.unwrap_or_default();
        let work = async move { engine.renew(&name, &private).await };
        let on = On::EphemeralResource(&request.type_name);
        let answer = self.calls.run("RenewEphemeralResource", on, work).await;
        pb::renew_ephemeral_resource::Response {
            diagnostics: wire::diagnostics(answer.diagnostics),
            renew_at: answer.renew_at.map(Into::into),
            private: Some(answer.private.into()),
        }
    }

    pub(super) async fn close(
        &self,
        request: pb::close_ephemeral_resource::Request,
    ) -> pb::close_ephemeral_resource::Response {
        let (engine, name) = (self.engine.clone(), request.type_name.clone());
        let private = request.private.unwrap_or_default();
        let work = async move { engine.close(&name, &private).await };
        let on = On::EphemeralResource(&request.type_name);
        let answer = self.calls.run("CloseEphemeralResource", on, work).await;
        pb::close_ephemeral_resource::Response {
            diagnostics: wire::diagnostics(answer.diagnostics),
        }
    }
}
