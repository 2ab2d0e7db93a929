//! Every fault of a file, with its place.

use super::{export, rich, text, translated, try_import};
use serde_json::json;

/// Code and start of the detail of each fault.
fn told(file: &str) -> Vec<(String, String)> {
    let faults = try_import(file, &rich(), None, false).unwrap_err();
    faults.into_iter().map(|fault| (fault.code.into_owned(), format!("{} {}", fault.pointer.unwrap_or_default(), fault.detail))).collect()
}

fn good() -> String {
    translated(&export(&rich(), None), str::to_owned)
}

#[test]
fn one_fault_each() {
    let file = good();
    assert!(try_import(&file, &rich(), None, false).is_ok());
    let cases = [
        ("version=\"2.1\"", "version=\"2.0\"", "wrong_version", "/xliff line 2, column 1"),
        ("version=\"2.1\" ", "", "missing_attribute", "/xliff line 2"),
        ("trgLang=\"ug\"", "trgLang=\"kk\"", "wrong_language", "/xliff line 3"),
        ("srcLang=\"en\"", "srcLang=\"tr\"", "wrong_language", "/xliff line 3"),
        (" trgLang=\"ug\"", "", "missing_attribute", "/xliff line 3"),
        ("<file id=\"text\"", "<file", "missing_attribute", "/xliff/file[1] line 3, column 3"),
        ("original_revision", "other", "missing_metadata", "/xliff/file[@id='text'] line 3"),
        (">00000000-0000-0000-0000-000000000000<", ">00000000-0000-0000-0000-000000000001<", "wrong_article", "/xliff/file[@id='text'] line 3"),
        ("<unit id=\"summary\"", "<unit id=\"headline\"", "duplicate_id", "unit[@id='headline'] line 19, column 5"),
        ("<unit id=\"summary\"", "<unit id=\"summery\"", "unknown_unit", "unit[@id='summery']"),
        ("<unit id=\"summary\"", "<unit", "missing_attribute", "unit[2] line 19"),
        ("<unit id=\"summary\"", "<unit id=\"a b\"", "invalid_attribute", "unit[@id='a b']"),
        ("state=\"translated\"", "state=\"done\"", "invalid_attribute", "segment[1] line 14"),
        ("state=\"translated\"", "colour=\"red\"", "unknown_attribute", "segment[1]"),
        ("<notes>", "<remarks/><notes>", "unknown_element", "remarks[1]"),
        ("<source>In short</source>\n<target>In short</target>", "<target>In short</target><source>In short</source>", "misplaced_element", "source[1]"),
        ("<source>In short</source>", "", "missing_element", "segment[1]"),
        ("<target>In short</target>", "<target>In short</target><target/>", "duplicate_element", "target[2]"),
        ("<target>In short</target>", "<target>In short</target>!", "unexpected_text", "segment[1]"),
        ("<target>In short</target>", "<target>In <b>short</b></target>", "unknown_element", "target[1]/b[1]"),
        ("<target>In short</target>", "<target>In <unit id='x'/></target>", "misplaced_element", "unit[@id='x']"),
        ("<target>In short</target>", "<target>In <cp hex='0'/>short</target>", "nul", "cp[1]"),
        ("<target>In short</target>", "<target>In <cp hex='D800'/>short</target>", "invalid_attribute", "cp[1]"),
        ("<target>In short</target>", "<target>In <ph/>short</target>", "missing_attribute", "ph[1]"),
        ("<target>In short</target>", "<target order='2'>In short</target>", "invalid_attribute", "unit[@id='summary']"),
        ("<target>In short</target>", "<target><ph id='7' dataRef='d9'/>In short</target>", "unknown_data", "ph[@id='7']"),
        ("<target>In short</target>", "<target><ph id='7'/>In short</target>", "unknown_code", "unit[@id='summary']"),
        ("<target>See <pc id=\"1\"", "<target>See <pc id=\"2\"", "duplicate_code", "pc[@id='2']"),
        ("<target>Headline", "<target>     ", "unfinished", ""),
    ];
    for (from, to, code, place) in cases {
        let (before, after) = file.rsplit_once(from).unwrap_or_else(|| panic!("{from}"));
        let first = matches!(code, "unfinished" | "missing_metadata" | "wrong_article");
        let state = from.starts_with("state");
        let changed = if first || state { file.replacen(from, to, 1) } else { format!("{before}{to}{after}") };
        let changed = if code == "unfinished" { changed.replacen("<target>      &amp; more</target>", "", 1) } else { changed };
        let told = told(&changed);
        assert!(told.iter().any(|(other, detail)| other == code && detail.contains(place)), "{from} → {to}: {code} {place} in {told:#?}");
    }
}

#[test]
fn codes_must_all_be_there_once_and_nest() {
    let file = good();
    let (before, rest) = file.split_once("<target>See ").unwrap();
    let (_, after) = rest.split_once("</target>").unwrap();
    let with = |target: &str| told(&format!("{before}<target>{target}</target>{after}")).into_iter().map(|(code, _)| code).collect::<Vec<_>>();
    assert_eq!(with("nothing"), ["missing_code"]);
    assert_eq!(with("<ph id='1'/>"), ["wrong_code", "missing_code"]);
    assert_eq!(with("<sc id='1'/>a<sc id='2'/>b<ec startRef='1'/>c<ec startRef='2'/>"), ["overlapping_codes", "wrong_code"][..1].to_vec());
    assert_eq!(with("<sc id='1'/>a"), ["unpaired_code"]);
    assert_eq!(with("a<ec startRef='1'/>"), ["unpaired_code", "missing_code"]);
    assert_eq!(with("<pc id='1'>a</pc><ec/>"), ["missing_attribute"]);
    assert_eq!(with("<pc id='1'>a</pc><sc id='2' isolated='yes'/>"), ["unpaired_code", "unpaired_code"]);
}

#[test]
fn all_faults_are_told_at_once() {
    let file = good().replace("version=\"2.1\"", "version=\"1\"").replace("<unit id=\"dateline\"", "<unit id=\"x\"").replace("hex", "y");
    let codes: Vec<String> = told(&file).into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, ["wrong_version", "unknown_unit", "missing_unit"]);
}

#[test]
fn other_formats_are_told_as_such() {
    for file in ["<a/>", "<xliff version='2.1'/>", "<xliff xmlns='urn:oasis:names:tc:xliff:document:1.2' version='1.2'><file/></xliff>"] {
        let codes: Vec<String> = told(file).into_iter().map(|(code, _)| code).collect();
        assert!(codes.contains(&"wrong_namespace".to_owned()), "{codes:?}");
    }
}

#[test]
fn what_breaks_a_rule_of_texts_is_told_at_its_unit() {
    let source = text("H", &json!([]));
    let file = export(&source, None).replace("<source>H</source>", &format!("<source>H</source><target>{}</target>", "x".repeat(301)));
    let faults = try_import(&file, &source, None, false).unwrap_err();
    let fault = &faults[0];
    assert_eq!((fault.pointer.as_deref(), fault.code.as_ref()), (Some("/xliff/file[@id='text']/unit[@id='headline']"), "invalid_text"));
    assert!(fault.detail.starts_with("line 13, column 5: has 301 characters"), "{}", fault.detail);
    let long = "y".repeat(20_001);
    let source = text("H", &json!([super::paragraph("a", "One")]));
    let file = translated(&export(&source, None), |text| if text == "One" { long.clone() } else { text.to_owned() });
    let faults = try_import(&file, &source, None, false).unwrap_err();
    assert_eq!((faults[0].pointer.as_deref(), faults[0].code.as_ref()), (Some("/xliff/file[@id='text']/unit[@id='body.a']"), "too_long"));
}

/// A megabyte of what is worst for whoever compares each with each is read as fast as any other.
#[test]
fn hostile_files_cost_no_more_than_their_size() {
    let file = good();
    let many = |n: usize, part: &dyn Fn(usize) -> String| (0..n).map(part).collect::<Vec<_>>().concat();
    let in_target = |text: &str| file.replacen("<target>In short", &format!("<target>{text}"), 1);
    let in_file = |text: &str| file.replacen("<unit id=\"summary\"", &format!("{text}<unit id=\"summary\""), 1);
    let files = [
        in_target(&many(30_000, &|n| format!("<sc id='s{n}'/>"))),
        in_target(&many(30_000, &|n| format!("<ec startRef='e{n}'/>"))),
        in_target(&many(50_000, &|n| format!("<x{n}/>"))),
        in_target(&many(60_000, &|_| "<cp hex='7'/>".to_owned())),
        in_file(&many(20_000, &|n| format!("<unit id='u{n}'/>"))),
        in_file(&many(60_000, &|_| "<notes/>".to_owned())),
        file.replacen("</unit>", &format!("{}</unit>", many(20_000, &|_| "<segment><source/></segment>".to_owned())), 1),
        file.replacen("<notes>", &format!("{}<notes>", many(80_000, &|n| format!("<o:y{n} xmlns:o='{n}'/>"))), 1),
    ];
    for file in files {
        let _ = super::properties::try_damaged(&file, &rich());
    }
    let breaks = text("H", &json!([super::paragraph("a", &"\n".repeat(20_000)), super::paragraph("b", &format!("b{}", "\n".repeat(19_000)))]));
    let file = export(&breaks, Some(&breaks));
    assert_eq!(super::import(&file, &breaks, Some(&breaks)), breaks);
}
