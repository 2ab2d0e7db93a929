//! Who may do what, walked: every operation × every kind of caller × own and foreign records × every state, against the
//! policy table. What is refused changes no row.

mod world;

use crate::on_both;
use crate::support::{Answer, App, Request};
use actix_web::http::Method;
use newsroom::api;
use newsroom::policy::{Access, ClaimWork, Decision, OPERATIONS, Permission, Relation, Rule, decide, decide_agency};
use newsroom::translations::{Publication, Review, Step, after};
use serde_json::{Value, json};
use world::{Kind, Person, Target, World};

on_both!(the_policy_table_is_what_happens, every_step_from_every_state);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Unauthenticated,
    Forbidden,
    NotFound,
    Allowed,
}

fn observed(id: &str, answer: &Answer) -> Outcome {
    match answer.status.as_u16() {
        401 if answer.code() == "unauthenticated" => Outcome::Unauthenticated,
        403 => Outcome::Forbidden,
        // A session or notice of this id is nobody's; being told so is the answer.
        404 if matches!(id, "revoke_session" | "read_notice") => Outcome::Allowed,
        // There is no such job, word or switch, and nothing under embargo.
        404 if matches!(
            id,
            "retry_job"
                | "discard_job"
                | "get_partner_article"
                | "get_lexicon_entry"
                | "update_lexicon_entry"
                | "delete_lexicon_entry"
                | "get_orthography_switch"
                | "list_orthography_switch_texts"
                | "cancel_orthography_switch"
        ) =>
        {
            Outcome::Allowed
        }
        404 => Outcome::NotFound,
        500.. => panic!("{id}: {}", answer.text()),
        _ => Outcome::Allowed,
    }
}

fn expected(id: &str, rule: &Rule, person: &Person, target: &Target) -> Outcome {
    let Some(actor) = &person.actor else { return Outcome::Unauthenticated };
    if !actor.may(rule) {
        return Outcome::Forbidden;
    }
    let shown = actor.platform && target.shared;
    let decision = match kind(id) {
        // Asked of the agency of the story, by itself.
        Kind::Work if rule == ClaimWork::RULE && shown && target.agency != actor.agency => Decision::Forbid,
        Kind::Work if shown || target.agency == actor.agency => Decision::Allow,
        Kind::Work => Decision::Hide,
        Kind::House => Decision::Allow,
        Kind::Agency => decide_agency(actor, target.agency),
        Kind::Article | Kind::Text | Kind::Comment => {
            let owner = target.agency == actor.agency;
            // The agency of the story has all its texts here, so that to be its owner and to have a part in it are one.
            // A withheld text is lifted by its own agency alone.
            let lift = id == "lift_translation";
            let shared = target.shared && !lift;
            // Whoever has a part in a story may add a text to it.
            let adds = id == "create_variant" && actor.staff_id().is_some() && (owner || shown);
            decide(rule, actor, Relation { owner, shared, involved: target.author == actor.id() || adds, reader: owner || (lift && shown) })
        }
    };
    let is_own = target.commenter == actor.id();
    match decision {
        Decision::Allow if ["update_comment", "delete_comment"].contains(&id) && !is_own => Outcome::Forbidden,
        Decision::Allow => Outcome::Allowed,
        Decision::Forbid => Outcome::Forbidden,
        Decision::Hide => Outcome::NotFound,
    }
}

/// What kind of record an operation is about.
fn kind(id: &str) -> Kind {
    let (path, _) = find(id);
    match id {
        // Reading agencies and offices is for everybody in the house; only the platform suspends, and any of them.
        "get_agency" | "list_offices" | "get_office" | "suspend_agency" | "reinstate_agency" => Kind::House,
        "revoke_preview_link" => Kind::Article,
        _ if path.starts_with("/v1/front-pages/{name}") => Kind::Agency,
        _ if path.contains("{language}") => Kind::Text,
        _ if path.starts_with("/v1/comments/{id}") => Kind::Comment,
        _ if ["/v1/articles/{id}", "/v1/schedule/{id}", "/v1/releases/{id}"].iter().any(|start| path.starts_with(start)) => Kind::Article,
        _ if path.starts_with("/v1/assignments/{id}") => Kind::Work,
        _ if path.starts_with("/v1/agencies/{agency}") || path.starts_with("/v1/staff/{id}") => Kind::Agency,
        _ => Kind::House,
    }
}

fn find(id: &str) -> (&'static str, Method) {
    for (path, item) in api::document()["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if operation["operationId"] == id {
                return (path, method.to_uppercase().parse().unwrap());
            }
        }
    }
    panic!("{id} is not in the document");
}

fn needs_if_match(id: &str) -> bool {
    let (path, method) = find(id);
    let operation = &api::document()["paths"][path][method.as_str().to_lowercase()];
    operation["parameters"].as_array().into_iter().flatten().any(|parameter| parameter["name"] == "If-Match")
}

/// A word of letters alone.
fn word(n: usize) -> String {
    format!("word{n}").chars().map(|c| c.to_digit(10).and_then(|digit| char::from_digit(digit + 10, 36)).unwrap_or(c)).collect()
}

/// A body that is right, so that nothing but the caller is in the way. `n` makes names that nobody has.
pub fn body(id: &str, n: usize) -> Option<Value> {
    let names = json!({ "en": format!("Name {n}") });
    Some(match id {
        "update_me"
        | "update_agency"
        | "update_office"
        | "update_agreement"
        | "update_section"
        | "update_article"
        | "update_schedule_entry"
        | "update_translation"
        | "update_assignment"
        | "update_staff_member"
        | "update_comment"
        | "update_name"
        | "read_notices" => json!({}),
        "change_password" => json!({ "current_password": "not the password", "new_password": "another horse battery" }),
        "create_agency" => json!({
            "slug": format!("agency-{n}"), "country": "KZ", "languages": ["kk"], "names": names, "descriptions": {}, "time_zone": "Asia/Almaty",
            "website": null, "four_eyes": false
        }),
        "create_office" => json!({
            "names": names, "country": "KZ", "city": "Astana", "address": null, "time_zone": "Asia/Almaty", "opened_on": null, "head_office": false
        }),
        "create_agreement" => json!({ "title": "x", "signed_on": null, "in_force_from": null, "in_force_to": null, "sharing": "flagged", "note": null }),
        "create_api_key" => json!({ "name": "x", "scopes": ["articles:read"] }),
        "invite_staff_member" => json!({ "email": format!("p{n}@example.org"), "role": "journalist", "languages": ["en"], "names": names }),
        "import_staff" => json!([{ "email": format!("i{n}@example.org"), "role": "journalist", "languages": ["en"], "names": names }]),
        "create_section" => json!({ "slug": format!("section-{n}"), "names": names }),
        "order_sections" => json!({ "sections": [] }),
        "create_article" => json!({ "original_language": "en", "headline": "x" }),
        "put_translation" => json!({ "headline": "x" }),
        "return_translation" | "detach_translation" | "attach_translation" | "lift_translation" | "cancel_kill" | "decline_assignment"
        | "cancel_assignment" | "lift_embargo" | "detach_variant" => json!({ "reason": "x" }),
        "kill_translation" | "kill_article" => json!({ "reason": "x", "public_note": "x" }),
        "request_translations" => json!({ "languages": ["en"] }),
        "create_assignment" => json!({ "kind": "write" }),
        "check_translation" => json!({ "original_revision": 1 }),
        "assign_translation" => json!({ "staff_id": null }),
        "schedule_translation" => json!({ "action": "publish", "at": "2036-10-25T09:00", "time_zone": "Asia/Baku" }),
        "create_release" => json!({ "languages": ["az"], "when": "all_approved" }),
        "put_embargo" => json!({ "until": "2036-10-25T09:00", "time_zone": "Asia/Baku" }),
        "create_front_page" => json!({ "name": format!("page-{n}") }),
        "put_front_page_edition" => json!({ "slots": [] }),
        "schedule_front_page_change" => json!({ "at": "2026-07-25T00:00:00Z", "slots": [] }),
        "create_comment" | "detect_language" | "correct_variant_warning" => json!({ "text": "x" }),
        "create_name" => json!({ "kind": "place", "spellings": { "en": { "name": format!("Name {n}") } } }),
        "transliterate_text" => json!({ "text": "x", "from": "kk", "to": "kk-Latn" }),
        "check_text" | "make_slug" => json!({ "text": "x", "language": "kk" }),
        "sort_list" => json!({ "items": ["x"], "language": "kk" }),
        "create_variant" => json!({ "language": "kk-Latn" }),
        "create_lexicon_entry" => json!({ "from": "uz", "to": "uz-Cyrl", "word": word(n), "replacement": "x" }),
        "create_orthography_switch" => json!({ "language": "uz", "to": "2026", "at": "2036-10-25T09:00:00Z" }),
        "update_lexicon_entry" => json!({ "replacement": "x" }),
        "convert_html" => json!({ "html": "<p>x</p>" }),
        _ => return None,
    })
}

fn request(id: &str, caller: &crate::support::Caller, target: &Target, language: &str, n: usize) -> Request {
    let (path, method) = find(id);
    let mut filled = path.to_owned();
    if path.starts_with("/v1/agencies/{agency}") {
        let record = if path.contains("offices") {
            target.office
        } else if path.contains("agreements") {
            target.agreement
        } else {
            target.key
        };
        filled = filled.replace("{agency}", &target.agency.to_string()).replace("{id}", &record.to_string());
    } else if path.starts_with("/v1/names/{id}") {
        filled = filled.replace("{id}", &target.listed.to_string());
    } else if path.starts_with("/v1/comments/{id}") {
        filled = filled.replace("{id}", &target.comment.to_string());
    } else if path.starts_with("/v1/staff/{id}") {
        filled = filled.replace("{id}", &if id == "renew_invitation" { target.invited } else { target.staff }.to_string());
    }
    for (start, record) in [("/v1/schedule/{id}", target.entry), ("/v1/releases/{id}", target.release), ("/v1/assignments/{id}", target.assignment)] {
        if path.starts_with(start) {
            filled = filled.replace("{id}", &record.to_string());
        }
    }
    if path.starts_with("/v1/front-pages/{name}") {
        filled = filled.replace("{name}", &target.page).replace("{id}", &target.change.to_string());
    } else if path.starts_with("/v1/preview-links/") {
        filled = filled.replace("{id}", &target.preview.to_string());
    }
    filled = filled
        .replace("{id}", &target.article.to_string())
        .replace("{language}", language)
        .replace("{tag}", language)
        .replace("{warning}", &target.article.to_string())
        .replace("{revision}", "1")
        .replace("{section}", "politics");
    if id == "compare_revisions" {
        filled.push_str("?from=1&to=1");
    }
    let mut request = caller.request(method, &filled);
    if needs_if_match(id) {
        // Never a version of anything: who may change it is told that it is stale, and nothing changes.
        request = request.if_match("\"v0\"");
    }
    match body(id, n) {
        // The one body that is not JSON: what is in it is looked at last.
        _ if id == "import_xliff" => request.body("application/xliff+xml", "<xliff/>"),
        Some(body) => request.json(&body),
        None => request,
    }
}

async fn the_policy_table_is_what_happens(app: App) {
    let world = World::make(&app).await;
    let mut wrong = vec![];
    let mut n = 0;
    for (id, access) in OPERATIONS {
        let Access::Needs(rule) = access else { continue };
        let targets: &[Target] = if kind(id) == Kind::House { &world.targets[..1] } else { &world.targets };
        for (t, target) in targets.iter().enumerate() {
            let states: &[&str] = if kind(id) == Kind::Text && t < 2 { world::LANGUAGES } else { &world::LANGUAGES[..1] };
            for language in states {
                for person in &world.people {
                    n += 1;
                    let caller = person.caller(&app).await;
                    let before = world.writes(&app).await;
                    let answer = request(id, &caller, target, language, n).send().await;
                    let (found, wanted) = (observed(id, &answer), expected(id, rule, person, target));
                    let about = format!("{id} by {} on {} in {language}", person.name, target.name);
                    if found != wanted {
                        wrong.push(format!("{about}: {found:?} ({}), not {wanted:?}", answer.status));
                    }
                    let written = world.writes(&app).await - before;
                    if wanted != Outcome::Allowed && written != 0 {
                        wrong.push(format!("{about}: refused, and yet {written} rows were written"));
                    }
                }
            }
        }
    }
    assert!(n > 3_000, "only {n} cases were walked");
    assert!(wrong.is_empty(), "{} of {n} cases:\n{}", wrong.len(), wrong.join("\n"));
}

/// With the right version in hand, a step succeeds exactly where the machine has it, and changes nothing where it has not.
async fn every_step_from_every_state(app: App) {
    let steps = [
        (Step::Edit, "update_translation", json!({ "summary": "changed" })),
        (Step::Submit, "submit_translation", Value::Null),
        (Step::Return, "return_translation", json!({ "reason": "x" })),
        (Step::Approve, "approve_translation", Value::Null),
        (Step::Publish, "publish_translation", Value::Null),
        (Step::Unpublish, "unpublish_translation", Value::Null),
        (Step::Kill, "kill_translation", json!({ "reason": "x", "public_note": "x" })),
        (Step::Delete, "delete_translation", Value::Null),
        (Step::Lift, "lift_translation", json!({ "reason": "x" })),
    ];
    let editor = app.staff("editor@trend.example").await;
    for (step, id, body) in steps {
        let target = world::article(&app, "editor@trend.example", false).await;
        for language in world::LANGUAGES {
            let path = format!("/v1/articles/{target}/translations/{language}");
            let text = editor.get(&path).expect(200).await;
            let json = text.json();
            let publication: Publication = serde_json::from_value(json["publication"].clone()).unwrap();
            let review: Review = serde_json::from_value(json["review"].clone()).unwrap();
            let (pattern, method) = find(id);
            let mut request = editor.request(method, &pattern.replace("{id}", &target.to_string()).replace("{language}", language)).if_match(&text.etag());
            let edited = json["published_revision"].is_number() && json["published_revision"] != json["revision"];
            if step == Step::Publish && edited {
                request = request.json(&json!({ "change_kind": "fix" }));
            } else if !body.is_null() {
                request = request.json(&body);
            }
            let answer = request.send().await;
            let about = format!("{id} from {publication}/{review}: {}", answer.text());
            match after(publication, review, step) {
                // The original goes with its article alone.
                Some(_) if step == Step::Delete && json["is_original"] == true => assert_eq!(answer.code(), "conflict", "{about}"),
                Some((publication, review)) => {
                    assert!(answer.status.is_success(), "{about}");
                    if step != Step::Delete {
                        let after = answer.json();
                        assert_eq!((after["publication"].as_str(), after["review"].as_str()), (Some(publication.as_str()), Some(review.as_str())), "{about}");
                    }
                }
                None => {
                    assert_eq!(answer.code(), "illegal_transition", "{about}");
                    assert_eq!(editor.get(&path).expect(200).await.etag(), text.etag(), "{about}");
                }
            }
        }
    }
}
