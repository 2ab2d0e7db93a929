//! What the contract says of an address: its methods and its query parameters.

use crate::error::{Code, Error, Result};
use serde_json::Value;

/// Every address of the API.
#[derive(Debug, Default)]
pub struct Routes(Vec<Route>);

#[derive(Debug)]
struct Route {
    segments: Vec<Option<String>>,
    /// Method and names of query parameters.
    operations: Vec<(String, Vec<String>)>,
}

impl Routes {
    /// Of an OpenAPI document.
    #[must_use]
    pub fn of(document: &Value) -> Self {
        let paths = document["paths"].as_object().into_iter().flatten();
        let documented = paths.map(|(path, item)| Route { segments: segments(path), operations: operations(item) });
        // The document and its page do not describe themselves.
        let own = ["/openapi.json", "/docs/"].map(|path| Route { segments: segments(path), operations: vec![("GET".to_owned(), vec![])] });
        Self(documented.chain(own).collect())
    }

    fn find(&self, path: &str) -> Option<&Route> {
        let given: Vec<&str> = path.split('/').collect();
        let fits = |route: &&Route| {
            route.segments.len() == given.len()
                && route.segments.iter().zip(&given).all(|(known, given)| known.as_deref().map_or(!given.is_empty(), |known| known == *given))
        };
        // Fixed segments go before variable ones.
        self.0.iter().filter(fits).min_by_key(|route| route.segments.iter().filter(|segment| segment.is_none()).count())
    }

    /// The methods that an address knows, as `Allow` lists them.
    #[must_use]
    pub fn allow(&self, path: &str) -> Option<String> {
        let route = self.find(path)?;
        let mut methods: Vec<&str> = route.operations.iter().map(|(method, _)| method.as_str()).collect();
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        methods.push("OPTIONS");
        Some(methods.join(", "))
    }

    /// Refuses a method that the address does not know, also where another address with a variable part would take it.
    ///
    /// # Errors
    /// `method_not_allowed`.
    pub fn check_method(&self, method: &str, path: &str) -> Result<()> {
        match self.find(path) {
            Some(route) if method != "OPTIONS" && !route.operations.iter().any(|(known, _)| known == method) => Err(self.unmatched(path)),
            _ => Ok(()),
        }
    }

    /// Refuses query parameters that the operation does not know.
    ///
    /// # Errors
    /// `invalid_parameter`, naming the first.
    pub fn check_query(&self, method: &str, path: &str, query: &str) -> Result<()> {
        let Some(route) = self.find(path) else { return Ok(()) };
        let Some((_, known)) = route.operations.iter().find(|(other, _)| other == method) else { return Ok(()) };
        for (name, _) in url::form_urlencoded::parse(query.as_bytes()) {
            if !known.iter().any(|other| *other == name) {
                let list = if known.is_empty() { "it has none".to_owned() } else { format!("it has {}", known.join(", ")) };
                return Err(Error::parameter(&name.replace('\0', "\u{FFFD}"), format!("is not a parameter of this operation; {list}")));
            }
        }
        Ok(())
    }

    /// The problem of a request that no handler took.
    #[must_use]
    pub fn unmatched(&self, path: &str) -> Error {
        match self.allow(path) {
            Some(allow) => Error { allow: Some(allow.clone()), ..Error::new(Code::MethodNotAllowed, format!("This address knows {allow}.")) },
            None => Error::new(Code::NotFound, "There is nothing under this address; /openapi.json lists those that there are."),
        }
    }
}

fn segments(path: &str) -> Vec<Option<String>> {
    path.split('/').map(|segment| (!segment.starts_with('{')).then(|| segment.to_owned())).collect()
}

fn operations(item: &Value) -> Vec<(String, Vec<String>)> {
    let methods = item.as_object().into_iter().flatten().filter(|(_, operation)| operation["operationId"].is_string());
    methods
        .map(|(method, operation)| {
            let parameters = operation["parameters"].as_array().into_iter().flatten().filter(|parameter| parameter["in"] == "query");
            (method.to_uppercase(), parameters.filter_map(|parameter| Some(parameter["name"].as_str()?.to_owned())).collect())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn addresses_are_found() {
        let routes = Routes::of(&json!({"paths": {
            "/a/{id}": {"get": {"operationId": "x", "parameters": [{"in": "query", "name": "q"}, {"in": "path", "name": "id"}]}, "patch": {"operationId": "y"}},
            "/a/compare": {"post": {"operationId": "z"}},
        }}));
        assert_eq!(routes.allow("/a/7").as_deref(), Some("GET, PATCH, HEAD, OPTIONS"));
        assert_eq!(routes.allow("/a/compare").as_deref(), Some("POST, OPTIONS"));
        assert_eq!(routes.allow("/a/7/b"), None);
        assert!(routes.check_query("GET", "/a/7", "q=1").is_ok());
        assert!(routes.check_query("GET", "/a/7", "id=1").is_err());
        assert!(routes.check_query("PATCH", "/a/7", "q=1").is_err());
    }
}
