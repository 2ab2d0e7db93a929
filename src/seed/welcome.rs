//! What a new user is told: who can sign in, and five lines to paste.

/// Logins and the five lines. `password` is everybody's.
#[must_use]
pub fn welcome(url: &str, password: &str) -> String {
    format!(
        r#"
Demo logins, all with the password  {password}
  admin@platform.example    administrator of the platform
  editor@platform.example   editor of the platform
  admin@trend.example       administrator of Trend
  editor@trend.example      editor of Trend
  journalist@trend.example  journalist of Trend
  editor@kazinform.example, editor@kabar.example, editor@uza.example, editor@tdh.example, editor@albayrak.example

Read in Kazakh:
curl -s '{url}/v1/delivery/articles?language=kk&limit=3'

Sign in:
TOKEN=$(curl -s {url}/v1/auth/login -H 'Content-Type: application/json' -d '{{"email":"editor@kazinform.example","password":"{password}"}}' | sed 's/^{{"access_token":"\([^"]*\).*/\1/')

Create an article in English:
ID=$(curl -s {url}/v1/articles -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{{"original_language":"en","section":"economy","headline":"Wind over the Caspian","body_html":"<p>The wind is strong here.</p>"}}' | sed 's/^{{"id":"\([^"]*\).*/\1/')

Translate it into Kazakh:
curl -s -X PUT {url}/v1/articles/$ID/translations/kk -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -H 'If-None-Match: *' -d '{{"headline":"Каспий үстіндегі жел","body_html":"<p>Мұнда жел күшті.</p>"}}'

Publish the Kazakh text, and read it:
curl -s -X POST {url}/v1/articles/$ID/translations/kk/publish -H "Authorization: Bearer $TOKEN" -H 'If-Match: "v1"' && curl -s "{url}/v1/delivery/articles/$ID?language=kk&body_format=html"

"#
    )
}
