//! The life of a task in the manner of OpenTofu: a host that never says which plan is the apply's own, gives a version that is
//! none, and knows `lifecycle { destroy = false }`, where nobody tells the provider of a destroy.

use serde_json::json;

use crate::life;
use crate::matrix::config;
use crate::support::cloud::Cloud;
use crate::support::core::{Core, Manner, as_opentofu};

/// What the small core does by itself; what needs a real host runs wherever `tofu` is on the path.
#[test]
fn a_life_needs_no_word_on_which_plan_it_is() {
    let lives: [fn(); 16] = [
        life::the_run_state_follows_the_wish_and_only_that,
        life::an_undocumented_status_is_carried,
        life::a_start_that_fails_says_why,
        life::stopping_that_is_not_allowed_is_refused_before_any_write,
        life::an_update_that_fails_after_the_stop_starts_again_and_tells_both,
        life::a_restart_that_did_not_happen_is_made_good_by_the_next_apply,
        life::each_attribute_that_drifts_is_mended_alone,
        life::what_the_service_stores_differently_is_told_at_its_attribute,
        life::a_taken_name_names_its_holder_and_the_import,
        life::a_retired_name_is_free_again,
        life::a_refused_rename_keeps_the_state,
        life::abandon_and_prevent_call_nothing,
        life::a_scheduled_task_is_stopped_too_or_the_way_out_is_told,
        life::a_switch_of_the_providers_own_arguments_calls_nothing,
        life::a_replacement_that_would_collide_is_refused_at_plan_time,
        life::a_time_limit_ends_a_wait_and_keeps_the_state,
    ];
    for life in lives {
        as_opentofu(life);
    }
}

/// A replacement that the host makes by forgetting: the plan warns, and the task that still dials is named for an import.
#[test]
fn a_task_that_is_forgotten_is_named() {
    let cloud = Cloud::start();
    let mut core = Core::new(&cloud);
    core.manner = Manner::OpenTofu;
    let retire = ("deletion_policy", json!("RETIRE"));
    let running = ("desired_status", json!("RUNNING"));
    core.apply(Some(&config(&[retire.clone(), running.clone()]))).succeeds();
    let id = core.id().unwrap();
    core.forgets = true;
    let other = config(&[retire, running, ("agent_id", json!("118000000000000043"))]);
    core.plan(Some(&other)).succeeds().says(&["destroy = false", "goes on calling people"]);
    cloud.writes();
    let import = format!("import aiccs_call_task.NAME {id}");
    core.apply(Some(&other)).fails().says(&["is taken", &import, "destroy = false"]);
    assert!(core.state.is_none() && cloud.task()["Status"] == 1, "it still dials");
    assert!(!cloud.writes().contains(&"StopAiCallTask".to_owned()));
    core.import(&id).succeeds();
    assert_eq!(core.id().as_deref(), Some(&*id));
}

/// Whoever says nothing of plans hears a warning rather twice than never.
#[test]
fn an_announcement_is_never_lost() {
    for manner in [Manner::Terraform, Manner::OpenTofu] {
        let cloud = Cloud::start();
        let mut core = Core::new(&cloud);
        core.manner = manner;
        core.apply(Some(&config(&[]))).succeeds();
        let id = core.id().unwrap();
        cloud.edit(&id, &json!({ "Status": 1 }));
        let changed = config(&[("task_cps", json!(9))]);
        let plan = core.plan(Some(&changed));
        plan.succeeds().says(&["will be stopped, updated, started again"]);
        core.apply(Some(&changed)).succeeds().says(&["will be stopped, updated, started again"]);
    }
}
