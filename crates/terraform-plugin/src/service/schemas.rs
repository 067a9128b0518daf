//! Everything a provider has, as the protocol shows it.

use std::collections::BTreeMap;

use tfplugin_proto::tfplugin6 as pb;

use crate::driver::Provider;
use crate::wire;

/// The schemas of all objects, and what this server can do.
pub(super) fn all<P: Provider>(provider: &P) -> pb::get_provider_schema::Response {
    let resources =
        provider.resources().iter().map(|r| (r.name().to_owned(), wire::schema(r.schema())));
    let data_sources =
        provider.data_sources().iter().map(|d| (d.name().to_owned(), wire::schema(d.schema())));
    let lists = provider.list_resources().iter();
    let lists = lists.map(|list| (list.name().to_owned(), wire::schema(list.schema())));
    let actions = provider.actions().iter();
    let actions = actions.map(|a| (a.name().to_owned(), wire::action_schema(a.schema())));
    let ephemeral = provider.ephemeral_resources().iter();
    let ephemeral = ephemeral.map(|e| (e.name().to_owned(), wire::schema(e.schema())));
    pb::get_provider_schema::Response {
        provider: Some(wire::schema(provider.schema())),
        resource_schemas: resources.collect(),
        data_source_schemas: data_sources.collect(),
        functions: functions(provider),
        ephemeral_resource_schemas: ephemeral.collect(),
        list_resource_schemas: lists.collect(),
        action_schemas: actions.collect(),
        server_capabilities: Some(pb::ServerCapabilities {
            plan_destroy: true,
            get_provider_schema_optional: true,
            move_resource_state: true,
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// The functions by their names.
pub(super) fn functions<P: Provider>(provider: &P) -> BTreeMap<String, pb::Function> {
    let functions = provider.functions().iter();
    functions.map(|f| (f.signature().name.to_owned(), wire::function(f.signature()))).collect()
}

/// The identities of the resources that have one.
pub(super) fn identities<P: Provider>(provider: &P) -> pb::get_resource_identity_schemas::Response {
    let identities = provider.resources().iter().filter_map(|resource| {
        Some((resource.name().to_owned(), wire::identity_schema(resource.identity()?)))
    });
    let identity_schemas = identities.collect();
    pb::get_resource_identity_schemas::Response { identity_schemas, diagnostics: Vec::new() }
}
