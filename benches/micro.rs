//! The provider's own work without a process around it: codecs, plan, signatures, rows.
//! `cargo bench --bench micro`
#![allow(clippy::unwrap_used, dead_code, missing_docs, unreachable_pub)]

#[path = "plugin/requests.rs"]
mod requests;
#[path = "plugin/sample.rs"]
mod sample;

use aliyun::signature::{acs3, canonical_query, rpc};
use divan::{Bencher, black_box};
use serde_json::json;
use terraform_plugin::engine::{Engine, Input, PlanInputs};
use terraform_plugin::{json, msgpack, plan};
use terraform_provider_aiccs::field::{self, WrittenBy};
use terraform_provider_aiccs::provider::Aiccs;
use terraform_provider_aiccs::task::table::{FIELDS, SCHEMA};

fn main() {
    divan::main();
}

fn input(value: Option<tfplugin_proto::tfplugin6::DynamicValue>) -> Input {
    Input { msgpack: value.unwrap().msgpack, ..Input::default() }
}

#[divan::bench]
fn msgpack_decode(bencher: Bencher<'_, '_>) {
    let bytes = sample::plan().prior_state.unwrap().msgpack;
    bencher.bench(|| msgpack::decode(black_box(&bytes), &SCHEMA));
}

#[divan::bench]
fn msgpack_encode(bencher: Bencher<'_, '_>) {
    let value = sample::state(57);
    bencher.bench(|| msgpack::encode(black_box(&value), &SCHEMA));
}

#[divan::bench]
fn state_json_decode(bencher: Bencher<'_, '_>) {
    let bytes = sample::upgrade().raw_state.unwrap().json;
    bencher.bench(|| json::decode(black_box(&bytes), &SCHEMA));
}

/// The pure step alone.
#[divan::bench]
fn plan_pure(bencher: Bencher<'_, '_>) {
    let (config, prior) = (sample::config(57), sample::state(5));
    bencher.bench(|| plan::plan(&SCHEMA, black_box(&config), black_box(&prior)));
}

/// From bytes to bytes, the resource's review between.
#[divan::bench]
fn plan_whole(bencher: Bencher<'_, '_>) {
    let (engine, request) = (Engine::new(Aiccs), sample::plan());
    let inputs = PlanInputs {
        prior: input(request.prior_state),
        proposed: input(request.proposed_new_state),
        config: input(request.config),
        private: request.prior_private,
        deferral_allowed: false,
    };
    bencher.bench(|| engine.plan("aiccs_call_task", black_box(&inputs)));
}

const PARAMETERS: [(&str, &str); 6] = [
    ("Action", "QueryAiCallTaskDetail"),
    ("Format", "JSON"),
    ("SignatureNonce", "6b1f3b2e-8a51-4f0a-b9a7-2a7a9ed6f0b1"),
    ("TaskId", "118700000000000001"),
    ("Timestamp", "2026-11-24T10:00:00Z"),
    ("Version", "2019-10-15"),
];

#[divan::bench]
fn signature_rpc() -> String {
    let query = canonical_query(black_box(PARAMETERS));
    rpc::signature("TestSecret", &rpc::string_to_sign("POST", &query))
}

#[divan::bench]
fn signature_acs3() -> String {
    let query = canonical_query(black_box(PARAMETERS));
    let hash = acs3::content_hash(b"");
    let headers = [
        ("host", "aiccs.aliyuncs.com"),
        ("x-acs-content-sha256", &hash[..]),
        ("x-acs-version", "2019-10-15"),
    ];
    let (headers, names) = acs3::canonical_headers(headers);
    let request = acs3::canonical_request("POST", &query, &headers, &names, &hash);
    acs3::signature("TestSecret", &acs3::string_to_sign(&request))
}

#[divan::bench]
fn rows_write(bencher: Bencher<'_, '_>) {
    let value = sample::config(57);
    bencher.bench(|| {
        let mut parameters = Default::default();
        field::write(&FIELDS, black_box(&value), WrittenBy::Create, &[], &mut parameters);
        parameters
    });
}

#[divan::bench]
fn rows_read(bencher: Bencher<'_, '_>) {
    let answer = json!({
        "TaskName": "spring", "AgentId": "118000000000000001", "CallerNumber": "0537022000",
        "ConcurrentCount": 57, "CallDay": ["MONDAY"], "StartType": "IMMEDIATE",
    });
    bencher.bench(|| {
        let reads = FIELDS.iter().filter_map(|row| row.read.as_ref());
        reads.map(|read| field::read(read, black_box(&answer))).filter(Result::is_ok).count()
    });
}
