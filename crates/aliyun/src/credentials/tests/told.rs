//! What is said of the sources: where credentials come from, which ones are named in vain, who refused them.

use super::*;

fn unused_of(variables: &str, settings: Settings) -> String {
    let told = Source::chain(settings).unused(&plenty(variables));
    let lines = told.iter().map(|told| format!("{} {} < {}", told.argument, told.value, told.used));
    lines.collect::<Vec<_>>().join("; ")
}

#[tokio::test(start_paused = true)]
async fn a_source_that_the_block_names_in_vain_is_told() {
    let none = Settings::default;
    let profile = || Settings { profile: of("p"), ..none() };
    assert_eq!(unused_of(KEY, profile()), "profile p < ALICLOUD_ACCESS_KEY");
    assert_eq!(unused_of("", profile()), "");
    assert_eq!(
        unused_of(&format!("{KEY} ALICLOUD_PROFILE=p ALICLOUD_ECS_ROLE_NAME=r"), none()),
        ""
    );
    let all = Settings {
        access_key: of("k"),
        secret_key: Some(Secret::new("s")),
        credentials_uri: of("http://127.0.0.1/u"),
        ecs_role_name: of("r"),
        assume_role_with_oidc: Some(AssumeRoleWithOidc::default()),
        ..profile()
    };
    assert_eq!(
        unused_of(KEY, all),
        "profile p < access_key; credentials_uri http://127.0.0.1/u < access_key; ecs_role_name r < access_key; \
         assume_role_with_oidc  < access_key"
    );
    let file = Settings { shared_credentials_file: of("/f"), ..none() };
    assert_eq!(unused_of(KEY, file), "shared_credentials_file /f < ALICLOUD_ACCESS_KEY");
    let uri = Settings { credentials_uri: of("http://127.0.0.1/u"), ..none() };
    assert_eq!(
        unused_of("ALICLOUD_PROFILE=p", uri.clone()),
        "credentials_uri http://127.0.0.1/u < ALICLOUD_PROFILE"
    );
    assert_eq!(
        unused_of("ALICLOUD_PROFILE=gone", uri),
        "",
        "a name in the environment that leads nowhere"
    );
    assert_eq!(
        unused_of("ALICLOUD_ACCESS_KEY=half", profile()),
        "",
        "half a key is an error of its own"
    );
}

#[tokio::test(start_paused = true)]
async fn credentials_say_where_they_come_from() {
    let check = async |variables: &str, settings: Settings, expected: &str| {
        let source = Source::chain(settings);
        let outside = plenty(variables);
        assert!(source.current(&outside, outside.now()).await.is_ok(), "{variables}");
        assert_eq!(source.provenance().unwrap().label, expected);
    };
    let none = Settings::default;
    check(KEY, none(), "access key from ALICLOUD_ACCESS_KEY").await;
    let profile = "profile p of /home/u/.aliyun/config.json";
    check("ALICLOUD_PROFILE=p", none(), profile).await;
    check("", none(), "the current profile of /home/u/.aliyun/config.json").await;
    let ini = "section default of /home/u/.alibabacloud/credentials.ini";
    check("ALIBABA_CLOUD_CLI_PROFILE_DISABLED=true", none(), ini).await;
    check(
        OIDC,
        none(),
        "session of acs:ram::1:role/r by OIDC token from ALIBABA_CLOUD_OIDC_TOKEN_FILE",
    )
    .await;
    check("ALICLOUD_ECS_ROLE_NAME=r", none(), "RAM role r from ALICLOUD_ECS_ROLE_NAME").await;
    let role = AssumeRole { role_arn: of("acs:ram::1:role/r"), ..AssumeRole::default() };
    let on_top = Settings { assume_role: Some(role), ..none() };
    let expected = "session of acs:ram::1:role/r by access key from ALICLOUD_ACCESS_KEY";
    check(KEY, on_top, expected).await;
    let file = "~/.aliyun/config.json";
    let tilde = Settings { profile: of("p"), shared_credentials_file: of(file), ..none() };
    check("", tilde, profile).await;
}

#[tokio::test(start_paused = true)]
async fn what_sts_refuses_speaks_of_the_key_that_asked_it() {
    let body = r#"{"RequestId":"R","Code":"InvalidAccessKeyId.NotFound","Message":"m"}"#;
    let mut outside = Fake::new(|_, _| say(404, body));
    outside.variables = Fake::with_variables(KEY).variables;
    let role = AssumeRole { role_arn: of("acs:ram::1:role/r"), ..AssumeRole::default() };
    let source = Source::chain(Settings { assume_role: Some(role), ..Settings::default() });
    let error = source.current(&outside, outside.now()).await.unwrap_err();
    assert_eq!(error.ram_action.as_deref(), Some("sts:AssumeRole"));
    let about = error.provenance.as_ref().unwrap();
    assert_eq!(about.label, "access key from ALICLOUD_ACCESS_KEY");
    assert!(error.advice().starts_with("Check ALICLOUD_ACCESS_KEY:"), "{}", error.advice());
}

#[tokio::test(start_paused = true)]
async fn a_program_that_fails_is_told_by_name_and_status() {
    let check = async |status: Option<i32>, expected: &str| {
        let mut outside = plenty("ALICLOUD_PROFILE=ext");
        let finished = Finished { status, output: b"MARKER".to_vec() };
        outside.programs.insert("get a b".to_owned(), finished);
        let told = told(&Source::chain(Settings::default()), &outside).await;
        let prefix = "credentials of profile ext of /home/u/.aliyun/config.json: process_command: the program get";
        assert_eq!(told, format!("{prefix} {expected}"));
    };
    check(Some(3), "ended with exit status 3").await;
    check(None, "was ended by a signal").await;
    check(Some(0), "printed something else than JSON").await;
}
