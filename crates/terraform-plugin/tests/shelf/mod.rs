//! A provider with an object of each kind, which keeps nothing outside the state and answers the same each time.

use std::time::{Duration, SystemTime};

use terraform_plugin::diagnostic::Diagnostics;
use terraform_plugin::driver::*;
use terraform_plugin::schema::{Attribute, Mode, NestedBlock, Nesting, Schema, Type};
use terraform_plugin::value::Value;
use terraform_plugin::{json, timeouts};

const TITLE: Attribute = Attribute::new("title", Type::String, Mode::Required, "The title.");

const CHAPTER: [Attribute; 2] = [
    Attribute::new("name", Type::String, Mode::Required, "Its name."),
    Attribute::new("pages", Type::Int, Mode::Optional, "Its length."),
];

const BOOK: [Attribute; 9] = [
    Attribute::new("id", Type::String, Mode::Computed, "The id."),
    TITLE,
    Attribute::new("isbn", Type::String, Mode::Optional, "The number.").replace(),
    Attribute::new("price", Type::Float, Mode::OptionalComputed, "The price."),
    Attribute::new("tags", Type::Set(&Type::String), Mode::Optional, "Tags."),
    Attribute::new("notes", Type::Map(&Type::String), Mode::Optional, "Notes."),
    Attribute::new("chapters", Type::Objects(Nesting::List, &CHAPTER), Mode::Optional, "Chapters."),
    Attribute::new("letters", Type::Int, Mode::Computed, "Letters of the title.")
        .recompute_on_change(),
    Attribute::new("pin", Type::String, Mode::Optional, "Opens it.").sensitive().write_only(),
];

const LOAN: NestedBlock = NestedBlock::new(
    "loan",
    Nesting::List,
    "Who has it.",
    &[Attribute::new("to", Type::String, Mode::Required, "A person.")],
);

static PROVIDER: Schema =
    Schema::of("A shelf.", &[Attribute::new("owner", Type::String, Mode::Optional, "Whose.")]);
static BOOKS: Schema = Schema::of("A book.", &BOOK).version(1).blocks(&[LOAN, timeouts::BLOCK]);
static IDENTITY: Schema =
    Schema::of("", &[Attribute::new("id", Type::String, Mode::Required, "The id.")]);
static LEAFLETS: Schema = Schema::of("A leaflet.", &[TITLE]);
static SEARCH: Schema = Schema::of(
    "A search.",
    &[TITLE, Attribute::new("found", Type::List(&Type::String), Mode::Computed, "Ids.")],
);
static KEYS: Schema = Schema::of(
    "A key.",
    &[TITLE, Attribute::new("key", Type::String, Mode::Computed, "It.").sensitive()],
);
static BELLS: Schema = Schema::of("A bell.", &[TITLE]);
static ALL: Schema =
    Schema::of("Books.", &[Attribute::new("title", Type::String, Mode::Optional, "Only these.")]);

type Context = terraform_plugin::driver::Context<()>;

pub(crate) struct Shelf;
struct Book;
struct Leaflet;
struct Search;
struct Key;
struct Bell;
struct Spine;

/// The ids of the books that are there whatever is managed.
const FOUND: [&str; 3] = ["book-a", "book-b", "book-c"];

/// A book as it is stored: what is computed follows from what is configured.
fn settled(mut book: Value) -> Value {
    let title = book.get("title").as_str().unwrap_or_default().to_owned();
    if !book.get("id").is_known() || book.get("id").is_null() {
        book.put("id", Value::string(format!("book-{title}")));
    }
    if book.get("price").is_unknown() {
        book.put("price", Value::int(5));
    }
    book.put("letters", Value::int(title.chars().count() as i64));
    book
}

/// A book that is found and not made.
fn found(id: &str) -> Value {
    let title = id.strip_prefix("book-").unwrap_or(id);
    settled(BOOKS.object([("id", Value::string(id)), ("title", Value::string(title))]))
}

fn kept(value: Value) -> Response {
    Response { private: Some(b"{\"kept\":1}".to_vec()), ..Response::value(value) }
}

impl Resource<()> for Book {
    fn name(&self) -> &'static str {
        "shelf_book"
    }
    fn schema(&self) -> &'static Schema {
        &BOOKS
    }
    fn identity(&self) -> Option<&'static Schema> {
        Some(&IDENTITY)
    }
    fn check(&self, config: &Value) -> Diagnostics {
        let mut out = Diagnostics::new();
        if config.get("title").as_str() == Some("forbidden") {
            out.error("Forbidden title", "No book has this title.");
        }
        out
    }
    fn moved(&self, from: &MovedFrom<'_>) -> Option<Result<Value, Diagnostics>> {
        (from.type_name == "shelf_leaflet").then(|| {
            let told = |error| {
                let mut out = Diagnostics::new();
                out.error("Unreadable leaflet", format!("Its state: {error}."));
                out
            };
            let leaflet = json::decode(from.state, &LEAFLETS).map_err(told)?;
            Ok(settled(BOOKS.object([("title", leaflet.get("title").clone())])))
        })
    }
    fn create<'a>(&'a self, _: &'a Context, change: &'a Change) -> BoxFuture<'a, Response> {
        kept(settled(change.planned.clone())).ready()
    }
    fn update<'a>(&'a self, _: &'a Context, change: &'a Change) -> BoxFuture<'a, Response> {
        kept(settled(change.planned.clone())).ready()
    }
    fn import<'a>(&'a self, _: &'a Context, target: &'a ImportTarget) -> BoxFuture<'a, Response> {
        let id = match target {
            ImportTarget::Id(id) => id,
            ImportTarget::Identity(identity) => identity.get("id").as_str().unwrap_or_default(),
        };
        kept(found(id)).ready()
    }
}

impl Resource<()> for Leaflet {
    fn name(&self) -> &'static str {
        "shelf_leaflet"
    }
    fn schema(&self) -> &'static Schema {
        &LEAFLETS
    }
    fn create<'a>(&'a self, _: &'a Context, change: &'a Change) -> BoxFuture<'a, Response> {
        Response::value(change.planned.clone()).ready()
    }
    fn update<'a>(&'a self, _: &'a Context, change: &'a Change) -> BoxFuture<'a, Response> {
        Response::value(change.planned.clone()).ready()
    }
}

impl DataSource<()> for Search {
    fn name(&self) -> &'static str {
        "shelf_search"
    }
    fn schema(&self) -> &'static Schema {
        &SEARCH
    }
    fn read<'a>(&'a self, _: &'a Context, config: &'a Value) -> BoxFuture<'a, Response> {
        let mut value = config.clone();
        value.put("found", Value::List(FOUND.map(Value::string).to_vec()));
        Response::value(value).ready()
    }
}

impl EphemeralResource<()> for Key {
    fn name(&self) -> &'static str {
        "shelf_key"
    }
    fn schema(&self) -> &'static Schema {
        &KEYS
    }
    fn check(&self, _: &Value) -> Diagnostics {
        Diagnostics::new()
    }
    fn open<'a>(&'a self, _: &'a Context, config: &'a Value) -> BoxFuture<'a, Opened> {
        let mut value = config.clone();
        value.put("key", Value::string("12345"));
        // A time that has passed: it is renewed at once, and then never again.
        let renew_at = Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1));
        let opened =
            Opened { value, private: b"open".to_vec(), renew_at, diagnostics: Diagnostics::new() };
        Box::pin(std::future::ready(opened))
    }
}

impl ListResource<()> for Book {
    fn name(&self) -> &'static str {
        "shelf_book"
    }
    fn schema(&self) -> &'static Schema {
        &ALL
    }
    fn list<'a>(
        &'a self,
        _: &'a Context,
        wanted: &'a Wanted,
        tell: Tell<'a>,
    ) -> BoxFuture<'a, Diagnostics> {
        for id in FOUND {
            let more = tell(Found {
                identity: Value::object([("id", Value::string(id))]),
                name: id.to_owned(),
                object: wanted.objects.then(|| found(id)),
                diagnostics: Diagnostics::new(),
            });
            if !more {
                break;
            }
        }
        Box::pin(std::future::ready(Diagnostics::new()))
    }
}

impl Action<()> for Bell {
    fn name(&self) -> &'static str {
        "shelf_bell"
    }
    fn schema(&self) -> &'static Schema {
        &BELLS
    }
    fn check(&self, _: &Value) -> Diagnostics {
        Diagnostics::new()
    }
    fn invoke<'a>(
        &'a self,
        _: &'a Context,
        config: &'a Value,
        progress: Progress<'a>,
    ) -> BoxFuture<'a, Diagnostics> {
        progress(format!("It rings for {}.", config.get("title")));
        Box::pin(std::future::ready(Diagnostics::new()))
    }
}

static SPINE: Signature = Signature::new(
    "spine",
    "What stands on the spine.",
    &[
        Parameter::new("title", Type::String, "The title."),
        Parameter::new("tags", Type::List(&Type::String), "Tags."),
    ],
    Type::String,
);

impl Function for Spine {
    fn signature(&self) -> &'static Signature {
        &SPINE
    }
    fn call(&self, arguments: &[Value]) -> Result<Value, Refusal> {
        let title = arguments[0].as_str().unwrap_or_default();
        Ok(Value::string(format!("{title} ({})", arguments[1].count())))
    }
}

impl Provider for Shelf {
    type ProviderData = ();
    fn schema(&self) -> &'static Schema {
        &PROVIDER
    }
    fn source(&self) -> &'static str {
        "example/shelf"
    }
    fn configure(&self, _: &Value, _: &str) -> (Option<()>, Diagnostics) {
        (Some(()), Diagnostics::new())
    }
    fn resources(&self) -> &'static [&'static dyn Resource<()>] {
        &[&Book, &Leaflet]
    }
    fn data_sources(&self) -> &'static [&'static dyn DataSource<()>] {
        &[&Search]
    }
    fn functions(&self) -> &'static [&'static dyn Function] {
        &[&Spine]
    }
    fn list_resources(&self) -> &'static [&'static dyn ListResource<()>] {
        &[&Book]
    }
    fn actions(&self) -> &'static [&'static dyn Action<()>] {
        &[&Bell]
    }
    fn ephemeral_resources(&self) -> &'static [&'static dyn EphemeralResource<()>] {
        &[&Key]
    }
}
