//! A judge of what is said to GitHub or Discord, and of what our double of GitHub answers: the vendor's own description.
//!
//! It is stricter than a plain validator: what the description does not know, in the query or anywhere in a body, is a
//! violation, since a misspelt field is silently ignored. `proofs` shows that it refuses planted mistakes; those of
//! Discord are with its own judge.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use axum::extract::Query;
use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};

mod proofs;

/// GitHub pages at most this many items, and says so only in words.
const LARGEST_PAGE: i64 = 100;

/// Where references to schemas lead.
const SCHEMAS: &str = "#/components/schemas/";

/// The description, ready to judge.
pub struct Judge {
    /// Whose description it is.
    vendor: &'static str,
    /// The description with its schemas as JSON Schema, which those of `OpenAPI` 3.1 are already.
    document: Value,
    /// Compiled schemas by operation and what of it they describe.
    compiled: Mutex<HashMap<String, Arc<Validator>>>,
}

/// An operation of the description and the values of its path parameters.
struct Operation<'a> {
    template: &'a str,
    parameters: Vec<(&'a str, String)>,
    description: &'a Value,
    /// Parameters that all operations of the path have.
    shared: &'a Value,
}

impl Judge {
    /// A judge by this description.
    pub fn new(vendor: &'static str, description: &str) -> Self {
        let described = serde_json::from_str(description).expect("the description is JSON");
        Self { vendor, document: json_schema(described), compiled: Mutex::default() }
    }

    /// The judge of `tests/data/github/openapi.json`, read once per process.
    pub fn load() -> &'static Self {
        static JUDGE: OnceLock<Judge> = OnceLock::new();
        JUDGE.get_or_init(|| Self::new("GitHub", include_str!("../../data/github/openapi.json")))
    }

    /// What is wrong with a request to `target` (path and query); nothing when GitHub would take it.
    pub fn request(&self, method: &str, target: &str, body: &[u8]) -> Vec<String> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let Some(operation) = self.operation(method, path) else {
            return vec![format!("{method} {path}: {} has no such operation", self.vendor)];
        };
        let mut wrong = Vec::new();
        self.path_parameters(&operation, &mut wrong);
        self.query(&operation, query, &mut wrong);
        self.request_body(method, &operation, body, &mut wrong);
        told(method, &operation, wrong)
    }

    /// What is wrong with an answer to a request; nothing when GitHub could have said it.
    pub fn response(&self, method: &str, target: &str, status: u16, body: &[u8]) -> Vec<String> {
        let path = target.split_once('?').map_or(target, |(path, _)| path);
        let Some(operation) = self.operation(method, path) else {
            // Judged as a request already; only a refusal may follow.
            return if status >= 400 { vec![] } else { vec![format!("{method} {path}: answered with {status}")] };
        };
        let mut wrong = Vec::new();
        let declared = &operation.description["responses"][status.to_string()];
        match (self.resolve(declared), status) {
            (Value::Null, 200..300) => wrong.push(format!("status {status} is not described")),
            (_, 304) if body.is_empty() => {}
            // Every refusal says why, also where the description leaves its body out.
            (described, 300..) if described["content"].is_null() => {
                let said = serde_json::from_slice::<Value>(body).unwrap_or_default();
                if !said["message"].is_string() {
                    wrong.push(format!("status {status} says no `message`"));
                }
            }
            (described, _) => {
                let schema = &described["content"]["application/json"]["schema"];
                let key = format!("{method} {} {status}", operation.template);
                match (schema.is_null(), body.is_empty()) {
                    (true, true) => {}
                    (true, false) => wrong.push(format!("status {status} has no body")),
                    (false, true) => wrong.push(format!("status {status} needs a body")),
                    (false, false) => self.body(&key, schema, body, &mut wrong),
                }
            }
        }
        told(method, &operation, wrong).into_iter().map(|line| format!("answer of the double: {line}")).collect()
    }

    /// What is wrong with the payload of a webhook that the double sends.
    pub fn webhook(&self, event: &str, action: &str, payload: &Value) -> Vec<String> {
        let name = format!("{event}-{action}").replace('_', "-");
        let Some(schema) = self.document["x-webhooks"].get(&name) else {
            return vec![format!("webhook of the double: GitHub sends no {name}")];
        };
        let mut wrong = Vec::new();
        self.value(&name, schema, payload, &mut wrong);
        wrong.into_iter().map(|what| format!("webhook of the double: {name}: {what}")).collect()
    }

    /// What is wrong with a value that one schema of the description, by its name, describes.
    pub fn named(&self, schema: &str, value: &Value) -> Vec<String> {
        let described = &self.document["components"]["schemas"][schema];
        assert!(described.is_object(), "{schema} is not described");
        let mut wrong = Vec::new();
        self.value(schema, described, value, &mut wrong);
        wrong
    }

    /// The operation whose template fits, the one with the most fixed parts first.
    fn operation(&self, method: &str, path: &str) -> Option<Operation<'_>> {
        let parts: Vec<String> = path.trim_start_matches('/').split('/').map(decoded).collect();
        let fits = |template: &'_ str| {
            let wanted = template.trim_start_matches('/').split('/');
            wanted.clone().count() == parts.len()
                && wanted.zip(&parts).all(|(want, part)| (want.starts_with('{') && !part.is_empty()) || want == part)
        };
        let (template, methods) = self.document["paths"]
            .as_object()?
            .iter()
            .filter(|(template, methods)| fits(template) && methods.get(method.to_ascii_lowercase()).is_some())
            .min_by_key(|(template, _)| template.matches('{').count())?;
        let wanted = template.trim_start_matches('/').split('/');
        let parameters = wanted
            .zip(&parts)
            .filter_map(|(want, part)| Some((want.strip_prefix('{')?.strip_suffix('}')?, part.clone())))
            .collect();
        let description = &methods[method.to_ascii_lowercase()];
        Some(Operation { template, parameters, description, shared: &methods["parameters"] })
    }

    /// The described parameters of one place: `path` or `query`.
    fn parameters<'a>(&'a self, operation: &Operation<'a>, place: &str) -> Vec<&'a Value> {
        let all = [&operation.description["parameters"], operation.shared];
        let all = all.into_iter().filter_map(Value::as_array).flatten();
        all.map(|parameter| self.resolve(parameter)).filter(|parameter| parameter["in"] == place).collect()
    }

    fn path_parameters(&self, operation: &Operation, wrong: &mut Vec<String>) {
        let described = self.parameters(operation, "path");
        for (name, value) in &operation.parameters {
            match described.iter().find(|parameter| parameter["name"] == *name) {
                Some(parameter) => self.parameter(parameter, value, wrong),
                None => wrong.push(format!("path parameter {name} is not described")),
            }
        }
    }

    fn query(&self, operation: &Operation, query: &str, wrong: &mut Vec<String>) {
        let described = self.parameters(operation, "query");
        let given = pairs(query);
        for (name, value) in &given {
            match described.iter().find(|parameter| parameter["name"] == *name) {
                Some(parameter) => self.parameter(parameter, value, wrong),
                None => wrong.push(format!("query parameter {name} is not known")),
            }
            if name == "per_page" && value.parse().is_ok_and(|size: i64| !(1..=LARGEST_PAGE).contains(&size)) {
                wrong.push(format!("per_page {value}: GitHub pages 1 to {LARGEST_PAGE} items"));
            }
        }
        for parameter in described.iter().filter(|parameter| parameter["required"] == true) {
            if !given.iter().any(|(name, _)| parameter["name"] == **name) {
                wrong.push(format!("query parameter {} is missing", parameter["name"]));
            }
        }
    }

    /// Checks a parameter's text as the type that it stands for.
    fn parameter(&self, parameter: &Value, text: &str, wrong: &mut Vec<String>) {
        let schema = self.resolve(&parameter["schema"]);
        let value = match schema["type"].as_str() {
            Some("integer") => text.parse::<i64>().map_or(json!(text), Value::from),
            Some("boolean") => text.parse::<bool>().map_or(json!(text), Value::from),
            _ => json!(text),
        };
        let name = &parameter["name"];
        let validator = self.compiled(&format!("parameter {name} {schema}"), schema);
        wrong.extend(validator.iter_errors(&value).map(|error| format!("{} {name}: {error}", parameter["in"])));
    }

    fn request_body(&self, method: &str, operation: &Operation, body: &[u8], wrong: &mut Vec<String>) {
        let described = self.resolve(&operation.description["requestBody"]);
        match (described.is_null(), body.is_empty()) {
            (true, false) => wrong.push("takes no body".into()),
            (false, true) if described["required"] == true => wrong.push("needs a body".into()),
            (true | false, true) => {}
            (false, false) => {
                let schema = &described["content"]["application/json"]["schema"];
                self.body(&format!("{method} {}", operation.template), schema, body, wrong);
            }
        }
    }

    /// Checks a JSON body: valid by the schema, and with nothing that the schema does not know.
    fn body(&self, key: &str, schema: &Value, body: &[u8], wrong: &mut Vec<String>) {
        let value: Value = match serde_json::from_slice(body) {
            Ok(value) => value,
            Err(error) => return wrong.push(format!("the body is not JSON: {error}")),
        };
        self.value(key, schema, &value, wrong);
    }

    fn value(&self, key: &str, schema: &Value, value: &Value, wrong: &mut Vec<String>) {
        let validator = self.compiled(key, schema);
        wrong.extend(validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())));
        self.unknown(&[schema], value, "", wrong);
    }

    /// Names every property below `value` that none of the schemas knows. A property is known when any branch of an
    /// `allOf`, `anyOf` or `oneOf` has it: which branch it must be is the validator's affair.
    fn unknown(&self, schemas: &[&Value], value: &Value, at: &str, wrong: &mut Vec<String>) {
        let mut flat = Vec::new();
        for schema in schemas {
            self.flatten(schema, &mut flat);
        }
        match value {
            Value::Object(properties) => {
                let free = flat.iter().any(|schema| takes_anything(schema));
                for (name, value) in properties {
                    let mut known: Vec<&Value> =
                        flat.iter().filter_map(|schema| schema["properties"].get(name)).collect();
                    if known.is_empty() {
                        known.extend(
                            flat.iter().filter_map(|s| s.get("additionalProperties")).filter(|more| more.is_object()),
                        );
                    }
                    let at = format!("{at}/{name}");
                    if known.is_empty() && !free {
                        wrong.push(format!("{at}: not known"));
                    } else {
                        self.unknown(&known, value, &at, wrong);
                    }
                }
            }
            Value::Array(items) => {
                let known: Vec<&Value> = flat.iter().filter_map(|schema| schema.get("items")).collect();
                for (index, item) in items.iter().enumerate() {
                    self.unknown(&known, item, &format!("{at}/{index}"), wrong);
                }
            }
            _ => {}
        }
    }

    /// The schema and everything that it is put together from.
    fn flatten<'a>(&'a self, schema: &'a Value, into: &mut Vec<&'a Value>) {
        into.push(schema);
        if schema.get("$ref").is_some() {
            self.flatten(self.resolve(schema), into);
        }
        for word in ["allOf", "anyOf", "oneOf"] {
            for branch in schema[word].as_array().map(Vec::as_slice).unwrap_or_default() {
                self.flatten(branch, into);
            }
        }
    }

    /// What a `$ref` stands for; anything else as it is.
    fn resolve<'a>(&'a self, node: &'a Value) -> &'a Value {
        match node.get("$ref").and_then(Value::as_str) {
            Some(to) => self.document.pointer(to.trim_start_matches('#')).expect("references lead somewhere"),
            None => node,
        }
    }

    /// Every schema that is referred to below `node`, by name.
    fn reached(&self, node: &Value, into: &mut Map<String, Value>) {
        match node {
            Value::Array(items) => items.iter().for_each(|item| self.reached(item, into)),
            Value::Object(members) => {
                let name = members.get("$ref").and_then(Value::as_str).and_then(|to| to.strip_prefix(SCHEMAS));
                if let Some(name) = name.filter(|name| !into.contains_key(*name)) {
                    let schema = self.resolve(node);
                    into.insert(name.to_owned(), schema.clone());
                    self.reached(schema, into);
                }
                members.values().for_each(|member| self.reached(member, into));
            }
            _ => {}
        }
    }

    fn compiled(&self, key: &str, schema: &Value) -> Arc<Validator> {
        let mut compiled = self.compiled.lock().expect("no judge panics");
        let made = compiled.entry(key.to_owned()).or_insert_with(|| {
            let mut whole = schema.clone();
            // Only what it reaches: the whole description would have to be read for each schema.
            let mut parts = Map::new();
            self.reached(schema, &mut parts);
            whole["components"] = json!({ "schemas": parts });
            let options = jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
            Arc::new(options.build(&whole).expect("the vendor's schemas are schemas"))
        });
        Arc::clone(made)
    }
}

fn told(method: &str, operation: &Operation, wrong: Vec<String>) -> Vec<String> {
    wrong.into_iter().map(|what| format!("{method} {}: {what}", operation.template)).collect()
}

/// Whether a schema lets an object have any properties: it says so, or it names none and is not put together.
fn takes_anything(schema: &Value) -> bool {
    let object = schema["type"].is_null() || schema["type"] == "object" || schema["type"][0] == "object";
    let says = ["properties", "$ref", "allOf", "anyOf", "oneOf", "enum", "additionalProperties"];
    schema["additionalProperties"] == true || object && says.iter().all(|word| schema.get(word).is_none())
}

/// The description with `nullable` of `OpenAPI` 3.0 said as JSON Schema says it, wherever it stands: also beside a
/// `$ref`, a `oneOf` or an `enum` without a `type`.
fn json_schema(node: Value) -> Value {
    match node {
        Value::Array(items) => Value::Array(items.into_iter().map(json_schema).collect()),
        Value::Object(members) => {
            let mut members: Map<String, Value> =
                members.into_iter().map(|(key, value)| (key, json_schema(value))).collect();
            if members.get("nullable") != Some(&Value::Bool(true)) {
                return Value::Object(members);
            }
            members.remove("nullable");
            match members.get("type").cloned() {
                Some(Value::String(kind)) => {
                    members.insert("type".into(), json!([kind, "null"]));
                    if let Some(Value::Array(words)) = members.get_mut("enum").filter(|words| !has_null(words)) {
                        words.push(Value::Null);
                    }
                    if ["allOf", "anyOf", "oneOf"].iter().all(|word| !members.contains_key(*word)) {
                        return Value::Object(members);
                    }
                    members.insert("type".into(), json!(kind));
                    json!({ "anyOf": [members, { "type": "null" }] })
                }
                _ => json!({ "anyOf": [members, { "type": "null" }] }),
            }
        }
        plain => plain,
    }
}

fn has_null(words: &Value) -> bool {
    words.as_array().is_some_and(|words| words.contains(&Value::Null))
}

/// The parameters of a query, decoded.
pub fn pairs(query: &str) -> Vec<(String, String)> {
    let uri = format!("/?{query}").parse().expect("a query that came by HTTP");
    Query::<Vec<(String, String)>>::try_from_uri(&uri).map(|Query(pairs)| pairs).unwrap_or_default()
}

/// A part of a path with its `%20`s decoded.
pub fn decoded(part: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = part.as_bytes();
    while let [first, more @ ..] = rest {
        let hex = (*first == b'%').then(|| more.get(..2).and_then(|two| hex::decode(two).ok())).flatten();
        bytes.push(hex.as_ref().map_or(*first, |byte| byte[0]));
        rest = if hex.is_some() { &more[2..] } else { more };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
