//! The small provider on tf-provider.

use std::collections::HashMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tf_provider::schema::{
    Attribute, AttributeConstraint, AttributeType, Block, Description, Schema,
};
use tf_provider::value::{
    ValueBool, ValueEmpty, ValueList, ValueMap, ValueNumber, ValueSet, ValueString,
};
use tf_provider::{
    AttributePath, DataSource, Diagnostics, DynamicDataSource, DynamicResource, Provider, Resource,
    map, serve,
};

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
struct ThingState<'a> {
    #[serde(borrow = "'a")]
    id: ValueString<'a>,
    name: ValueString<'a>,
    size: ValueNumber,
    enabled: ValueBool,
    comment: ValueString<'a>,
    owner: ValueString<'a>,
    region: ValueString<'a>,
    tags: ValueSet<ValueString<'a>>,
    labels: ValueMap<'a, ValueString<'a>>,
    ports: ValueList<ValueNumber>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
struct LookupState<'a> {
    #[serde(borrow = "'a")]
    name: ValueString<'a>,
    value: ValueString<'a>,
}

fn attribute(attr_type: AttributeType, constraint: AttributeConstraint, doc: &str) -> Attribute {
    Attribute { attr_type, constraint, description: Description::plain(doc), ..Default::default() }
}

fn schema(doc: &str, attributes: HashMap<String, Attribute>) -> Option<Schema> {
    let block = Block {
        version: 0,
        attributes,
        description: Description::plain(doc),
        ..Default::default()
    };
    Some(Schema { version: 0, block })
}

struct Thing;
struct Lookup;
struct Bench;

fn settled(mut thing: ThingState<'_>) -> ThingState<'_> {
    for (attribute, value) in
        [(&mut thing.id, "thing-1"), (&mut thing.owner, "nobody"), (&mut thing.region, "here")]
    {
        if attribute.is_unknown() {
            *attribute = ValueString::from(value);
        }
    }
    thing
}

#[async_trait]
impl Resource for Thing {
    type State<'a> = ThingState<'a>;
    type PrivateState<'a> = ValueEmpty;
    type ProviderMetaState<'a> = ValueEmpty;

    fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
        use AttributeConstraint::{Computed, Optional, OptionalComputed, Required};
        use AttributeType::{Bool, List, Map, Number, Set, String};
        schema(
            "A thing.",
            map! {
                "id" => attribute(String, Computed, "The id."),
                "name" => attribute(String, Required, "The name."),
                "size" => attribute(Number, Required, "The size."),
                "enabled" => attribute(Bool, Optional, "Whether it works."),
                "comment" => attribute(String, Optional, "A comment."),
                "owner" => attribute(String, OptionalComputed, "Whose it is."),
                "region" => attribute(String, OptionalComputed, "Where it is."),
                "tags" => attribute(Set(String.into()), Optional, "Tags."),
                "labels" => attribute(Map(String.into()), Optional, "Labels."),
                "ports" => attribute(List(Number.into()), Optional, "Ports."),
            },
        )
    }

    async fn read<'a>(
        &self,
        _: &mut Diagnostics,
        state: ThingState<'a>,
        private: ValueEmpty,
        _: ValueEmpty,
    ) -> Option<(ThingState<'a>, ValueEmpty)> {
        Some((state, private))
    }

    async fn plan_create<'a>(
        &self,
        _: &mut Diagnostics,
        proposed: ThingState<'a>,
        config: ThingState<'a>,
        _: ValueEmpty,
    ) -> Option<(ThingState<'a>, ValueEmpty)> {
        let mut planned = proposed;
        planned.id = ValueString::Unknown;
        if config.owner.is_null() {
            planned.owner = ValueString::Unknown;
        }
        if config.region.is_null() {
            planned.region = ValueString::Unknown;
        }
        Some((planned, ValueEmpty::default()))
    }

    async fn plan_update<'a>(
        &self,
        _: &mut Diagnostics,
        prior: ThingState<'a>,
        proposed: ThingState<'a>,
        _: ThingState<'a>,
        private: ValueEmpty,
        _: ValueEmpty,
    ) -> Option<(ThingState<'a>, ValueEmpty, Vec<AttributePath>)> {
        let replaces = (proposed.name != prior.name).then(|| AttributePath::new("name"));
        Some((proposed, private, replaces.into_iter().collect()))
    }

    async fn plan_destroy<'a>(
        &self,
        _: &mut Diagnostics,
        _: ThingState<'a>,
        private: ValueEmpty,
        _: ValueEmpty,
    ) -> Option<ValueEmpty> {
        Some(private)
    }

    async fn create<'a>(
        &self,
        _: &mut Diagnostics,
        planned: ThingState<'a>,
        _: ThingState<'a>,
        private: ValueEmpty,
        _: ValueEmpty,
    ) -> Option<(ThingState<'a>, ValueEmpty)> {
        Some((settled(planned), private))
    }

    async fn update<'a>(
        &self,
        diagnostics: &mut Diagnostics,
        _: ThingState<'a>,
        planned: ThingState<'a>,
        config: ThingState<'a>,
        private: ValueEmpty,
        meta: ValueEmpty,
    ) -> Option<(ThingState<'a>, ValueEmpty)> {
        Resource::create(self, diagnostics, planned, config, private, meta).await
    }

    async fn destroy<'a>(
        &self,
        _: &mut Diagnostics,
        _: ThingState<'a>,
        _: ValueEmpty,
        _: ValueEmpty,
    ) -> Option<()> {
        Some(())
    }
}

#[async_trait]
impl DataSource for Lookup {
    type State<'a> = LookupState<'a>;
    type ProviderMetaState<'a> = ValueEmpty;

    fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
        schema(
            "A lookup.",
            map! {
                "name" => attribute(AttributeType::String, AttributeConstraint::Required, "The name."),
                "value" => attribute(AttributeType::String, AttributeConstraint::Computed, "What it is."),
            },
        )
    }

    async fn read<'a>(
        &self,
        _: &mut Diagnostics,
        config: LookupState<'a>,
        _: ValueEmpty,
    ) -> Option<LookupState<'a>> {
        Some(LookupState { value: ValueString::from("found"), ..config })
    }
}

#[async_trait]
impl Provider for Bench {
    type Config<'a> = ValueEmpty;
    type MetaState<'a> = ValueEmpty;

    fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
        schema("Things.", HashMap::new())
    }

    async fn configure<'a>(&self, _: &mut Diagnostics, _: String, _: ValueEmpty) -> Option<()> {
        Some(())
    }

    fn get_resources(
        &self,
        _: &mut Diagnostics,
    ) -> Option<HashMap<String, Box<dyn DynamicResource>>> {
        Some(map! { "thing" => Thing })
    }

    fn get_data_sources(
        &self,
        _: &mut Diagnostics,
    ) -> Option<HashMap<String, Box<dyn DynamicDataSource>>> {
        Some(map! { "lookup" => Lookup })
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    serve("bench", Bench).await
}
