//! A framework for Terraform and OpenTofu providers: values, schemas, plans, the plugin protocol and its process. It knows no cloud.
//!
//! A guided tour. The README has a whole provider, a table of the protocol's calls, and what the crate does not do.
//!
//! # From the Go framework's words to these
//!
//! | terraform-plugin-framework | here |
//! | --- | --- |
//! | `providerserver.Serve` | [`plugin::serve`], [`plugin::serve_debug`] |
//! | `provider.Provider` | [`driver::Provider`] |
//! | `resp.ResourceData`, `resp.DataSourceData` | [`driver::Provider::ProviderData`], handed on as [`driver::Context::client`] |
//! | `resource.Resource` and its optional interfaces | [`driver::Resource`]; what is optional has a default |
//! | `datasource.DataSource` | [`driver::DataSource`] |
//! | `ephemeral.EphemeralResource` | [`driver::EphemeralResource`] |
//! | `list.ListResource` | [`driver::ListResource`] |
//! | `action.Action` | [`driver::Action`] |
//! | `function.Function`, `function.Definition` | [`driver::Function`], [`driver::Signature`] |
//! | `schema.Schema`, `schema.StringAttribute` | [`schema::Schema`], [`schema::Attribute`] with a [`schema::Type`]; `const` data |
//! | `Required`, `Optional`, `Computed` | [`schema::Mode`], one of four |
//! | `validator.String` and its like | [`schema::Check`] for one attribute, `check` of an object for several |
//! | `planmodifier.RequiresReplace` | [`schema::Attribute::replace`] |
//! | `planmodifier.UseStateForUnknown` | what happens unless it is [`schema::Attribute::recompute_on_change`]; [`schema::modify`] has both as functions |
//! | `planmodifier.String` of your own | a function, by [`schema::Attribute::modify`] |
//! | `stringdefault.StaticString` and its like | [`schema::Attribute::default`] with a [`schema::Default`] |
//! | `schema.ListNestedAttribute`, `schema.ListNestedBlock` | [`schema::Type::Objects`], [`schema::NestedBlock`] |
//! | `schema.DynamicAttribute` | [`schema::Type::Dynamic`], whose values carry a [`kind::Kind`] |
//! | `ResourceWithUpgradeState` | [`driver::Resource::upgrades`]; one step from each version to the next |
//! | `ResourceWithMoveState` | [`driver::Resource::moved`] |
//! | `resp.Deferred` | [`driver::Context::defer`] |
//! | `ModifyPlan` | [`driver::Resource::modify_plan`] |
//! | `StringSemanticEquals` | [`schema::Attribute::same`] |
//! | `types.String` with null and unknown | [`value::Value`], with `Null` and `Unknown` among its variants |
//! | `req.Plan.Get(ctx, &model)` | `change.planned.get("name")`; there is no second struct |
//! | `diag.Diagnostics` | [`diagnostic::Diagnostics`] |
//! | `if resp.Diagnostics.HasError() { return }` | `?` in a method whose answer is made by [`driver::respond`] |
//! | `path.Path` | [`path::Path`] |
//! | `req.Private`, `resp.Private` | [`driver::Context::private`], [`driver::Response::private`]; bytes |
//! | `terraform-plugin-framework-timeouts` | [`timeouts::BLOCK`], [`driver::Change::timeout`] |
//! | `tflog` | the crate `tracing`; [`plugin::Program::log_crates`] says whose |
//! | `resource.ParallelTest` | a real host on `PATH`; `tests/example.rs` shows how |
//!
//! # The life of a call
//!
//! Core sends `PlanResourceChange`. `plugin` has shaken hands and holds the connection. `service` takes the message apart and starts a
//! task of its own for the call: a dropped connection cuts no write in two, and a panic becomes a diagnostic. `engine` finds the
//! resource by its name and decodes prior state and configuration (`msgpack`), as its [`schema::Schema`] says. `plan` makes the pure
//! plan: defaults, computed values that stay or become unknown, replacements. The resource reviews it
//! ([`driver::Resource::modify_plan`]). `engine` encodes the plan, `service` answers. One stack down, one stack up.
//!
//! An apply goes the same way and ends in [`driver::Resource::create`], `update` or `delete`. What these answer is a value **and**
//! diagnostics, so that what was created and then went wrong is still stored.
//!
//! # A resource
//!
//! ```
//! # use std::fs;
//! # use terraform_plugin::{driver::*, schema::{Attribute, Mode, Schema, Type}, value::Value};
//! /// What the provider hands to its objects: here, where its files are.
//! struct Folder(std::path::PathBuf);
//!
//! struct File;
//!
//! static FILE: Schema = Schema::of(
//!     "A file.",
//!     &[
//!         Attribute::new("name", Type::String, Mode::Required, "Its name.").replace(),
//!         Attribute::new("text", Type::String, Mode::Required, "What it says."),
//!     ],
//! );
//!
//! fn write(folder: &Folder, file: &Value) -> Response {
//!     let text = |name| file.get(name).as_str().unwrap_or_default();
//!     let mut response = Response::value(file.clone());
//!     if let Err(error) = fs::write(folder.0.join(text("name")), text("text")) {
//!         response.diagnostics.error("File not written", format!("{error}."));
//!     }
//!     response
//! }
//!
//! impl Resource<Folder> for File {
//!     fn name(&self) -> &'static str {
//!         "disk_file"
//!     }
//!     fn schema(&self) -> &'static Schema {
//!         &FILE
//!     }
//!     fn create<'a>(&'a self, call: &'a Context<Folder>, change: &'a Change) -> BoxFuture<'a, Response> {
//!         Box::pin(async move { write(&call.client, &change.planned) })
//!     }
//!     fn update<'a>(&'a self, call: &'a Context<Folder>, change: &'a Change) -> BoxFuture<'a, Response> {
//!         Box::pin(async move { write(&call.client, &change.planned) })
//!     }
//!     fn read<'a>(&'a self, call: &'a Context<Folder>, state: &'a Value) -> BoxFuture<'a, Response> {
//!         let path = call.client.0.join(state.get("name").as_str().unwrap_or_default());
//!         let mut file = state.clone();
//!         match fs::read_to_string(path) {
//!             Ok(text) => file.put("text", Value::string(text)),
//!             // It is gone: the next plan creates it.
//!             Err(_) => file = Value::Null,
//!         }
//!         Response::value(file).ready()
//!     }
//! }
//! ```
//!
//! # A data source
//!
//! ```
//! # use terraform_plugin::{driver::*, schema::{Attribute, Mode, Schema, Type}, value::Value};
//! struct Count;
//!
//! static COUNT: Schema = Schema::of(
//!     "Words, counted.",
//!     &[
//!         Attribute::new("text", Type::String, Mode::Required, "What is counted."),
//!         Attribute::new("words", Type::Int, Mode::Computed, "How many words."),
//!     ],
//! );
//!
//! impl DataSource<()> for Count {
//!     fn name(&self) -> &'static str {
//!         "memo_count"
//!     }
//!     fn schema(&self) -> &'static Schema {
//!         &COUNT
//!     }
//!     fn read<'a>(&'a self, _: &'a Context<()>, config: &'a Value) -> BoxFuture<'a, Response> {
//!         let words = config.get("text").as_str().unwrap_or_default().split_whitespace().count();
//!         let mut value = config.clone();
//!         value.put("words", Value::int(words as i64));
//!         Response::value(value).ready()
//!     }
//! }
//! ```
//!
//! # An ephemeral resource
//!
//! It is opened in each plan and each apply, renewed while it is used, closed at the end, and stored nowhere.
//!
//! ```
//! # use terraform_plugin::{driver::*, diagnostic::Diagnostics, schema::{Attribute, Mode, Schema, Type}, value::Value};
//! struct Token;
//!
//! static TOKEN: Schema = Schema::of(
//!     "A token.",
//!     &[Attribute::new("token", Type::String, Mode::Computed, "The token.").sensitive()],
//! );
//!
//! impl EphemeralResource<()> for Token {
//!     fn name(&self) -> &'static str {
//!         "memo_token"
//!     }
//!     fn schema(&self) -> &'static Schema {
//!         &TOKEN
//!     }
//!     fn check(&self, _: &Value) -> Diagnostics {
//!         Diagnostics::new()
//!     }
//!     fn open<'a>(&'a self, _: &'a Context<()>, config: &'a Value) -> BoxFuture<'a, Opened> {
//!         let mut value = config.clone();
//!         value.put("token", Value::string("a new one"));
//!         Box::pin(async { Opened { value, ..Opened::default() } })
//!     }
//! }
//! ```
//!
//! # A list
//!
//! `terraform query` lists the objects of a resource that has an identity, in or out of state.
//!
//! ```
//! # use terraform_plugin::{driver::*, diagnostic::Diagnostics, schema::Schema, value::Value};
//! struct Notes;
//!
//! static ALL: Schema = Schema::of("All notes.", &[]);
//!
//! impl ListResource<Vec<String>> for Notes {
//!     fn name(&self) -> &'static str {
//!         "memo_note"
//!     }
//!     fn schema(&self) -> &'static Schema {
//!         &ALL
//!     }
//!     fn list<'a>(
//!         &'a self,
//!         call: &'a Context<Vec<String>>,
//!         _: &'a Wanted,
//!         tell: Tell<'a>,
//!     ) -> BoxFuture<'a, Diagnostics> {
//!         Box::pin(async move {
//!             for id in call.client.iter() {
//!                 let identity = Value::object([("id", Value::string(id))]);
//!                 let name = id.clone();
//!                 let found = Found { identity, name, object: None, diagnostics: Diagnostics::new() };
//!                 if !tell(found) {
//!                     break;
//!                 }
//!             }
//!             Diagnostics::new()
//!         })
//!     }
//! }
//! ```
//!
//! # An action
//!
//! ```
//! # use terraform_plugin::{driver::*, diagnostic::Diagnostics, schema::Schema, value::Value};
//! struct Ring;
//!
//! static RING: Schema = Schema::of("Rings.", &[]);
//!
//! impl Action<()> for Ring {
//!     fn name(&self) -> &'static str {
//!         "memo_ring"
//!     }
//!     fn schema(&self) -> &'static Schema {
//!         &RING
//!     }
//!     fn check(&self, _: &Value) -> Diagnostics {
//!         Diagnostics::new()
//!     }
//!     fn invoke<'a>(
//!         &'a self,
//!         _: &'a Context<()>,
//!         _: &'a Value,
//!         progress: Progress<'a>,
//!     ) -> BoxFuture<'a, Diagnostics> {
//!         Box::pin(async move {
//!             progress("It rings.".to_owned());
//!             Diagnostics::new()
//!         })
//!     }
//! }
//! ```
//!
//! # A function
//!
//! A function is pure: it runs in a process that nobody has configured. `examples/terraform-provider-memo.rs` has one whole.
//!
//! ```
//! # use terraform_plugin::{driver::Refusal, value::Value};
//! fn call(arguments: &[Value]) -> Result<Value, Refusal> {
//!     Ok(Value::string(arguments[0].as_str().unwrap_or_default().to_uppercase()))
//! }
//! # assert_eq!(call(&[Value::string("hi")]), Ok(Value::string("HI")));
//! ```
//!
//! # Diagnostics
//!
//! A diagnostic has a summary, a detail and the path of the attribute that it is about. Sentences end with a full stop; the framework
//! takes out what a terminal would obey.
//!
//! ```
//! use terraform_plugin::diagnostic::Diagnostics;
//! use terraform_plugin::path::Path;
//!
//! let mut out = Diagnostics::new();
//! out.error_at(Path::root("text"), "Empty text", "A note without a text says nothing.");
//! assert!(out.has_errors());
//! ```
//!
//! # Architecture
//!
//! Two sides, and a middle that knows neither.
//!
//! - **Core's side**: `plugin` owns the process (handshake, TLS, sockets, signals, logs), `service` the calls, `wire` the messages,
//!   `msgpack` and `json` the encodings of values. Nothing else names a type of the protocol's crate, so that another version of the
//!   protocol is another `service` and `wire`.
//! - **The author's side**: [`driver`] is all that a provider implements, with [`schema`], [`value`], [`diagnostic`] and [`path`] as its
//!   words. Nothing there is asynchronous but the calls that may wait, and nothing there is a message.
//! - **The middle**: [`engine`] finds objects and brings them together with [`plan`], [`validate`] and [`timeouts`], which are pure.
//!   These have no clock, no network and no environment: those are the process's.
//!
//! A value goes down once and up once. What the plan does not need is never decoded: of core's proposal only whether it is null counts.
//! [`hosts`] is the only module that names hosts and says which of them can do what.

mod deferral;
pub mod diagnostic;
pub mod driver;
#[doc(hidden)]
pub mod engine;
pub mod error;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
pub mod hosts;
pub mod json;
pub mod kind;
mod limits;
pub mod members;
mod moved;
pub mod msgpack;
pub mod number;
pub mod path;
pub mod plan;
pub mod plugin;
mod query;
mod request;
pub mod schema;
mod service;
mod stream;
pub mod timeouts;
mod upgrades;
pub mod validate;
pub mod value;
mod walk;
mod wire;

/// The example of the README, which the documentation's tests compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
