//! `@timeout`, `@cache`, `@invalidates` and `@fallback`: what holds for the call behind a field.

mod duration;
mod ladder;
mod tags;

use apollo_compiler::ast::DirectiveList;
use apollo_compiler::schema::ExtendedType;

pub(super) use self::tags::Ground;
use self::tags::Holes;
use super::binder::{At, Binder, Shape};
use super::directives::{Reader, Text};
use super::fault::Fault;
use super::request::is_header;
use crate::contract::{Cache, Join, Policy, Scope, Template, source};

impl Binder<'_> {
    /// What holds for the call behind a field. The field comes before what its type says beside `@load`. Where the call
    /// only names what another one loads, the field's `@timeout` and `@fallback` hold for that one too: one of the two
    /// must not void what the other one saves.
    pub(super) fn policy(&mut self, at: &At, shape: &Shape, join: &mut Join, place: (u32, usize)) {
        let of_type = join.policy.take().unwrap_or_default();
        let holes = Holes { ground: self.ground(join), has_arguments: true };
        let own = self.own_policy(at, shape, place, join.many, &holes);
        let timeout_ms = (own.timeout_ms > 0).then_some(own.timeout_ms);
        join.policy = said(Policy {
            timeout_ms: timeout_ms.unwrap_or(of_type.timeout_ms),
            cache: own.cache.or(of_type.cache),
            ..own
        });
        let then = join.then.as_mut().and_then(|then| then.kind.as_mut());
        if let Some(source::Kind::Join(load)) = then {
            let of_type = load.policy.take().unwrap_or_default();
            let fallback = self.fallback_of_load(at, load.many, of_type.cache.is_some());
            load.policy = said(Policy {
                timeout_ms: timeout_ms.unwrap_or(of_type.timeout_ms),
                fallback: fallback.map(Box::new),
                ..*of_type
            });
        }
    }

    /// What is wrong with the policy of a field whose call could not be bound, as far as that does not depend on what is
    /// wrong with the call.
    pub(super) fn policy_of_refused(&mut self, at: &At, shape: &Shape, place: (u32, usize)) {
        let holes =
            Holes { ground: self.ground_of_refused(at.operation.is_some()), has_arguments: true };
        self.own_policy(at, shape, place, false, &holes);
    }

    fn own_policy(
        &mut self,
        at: &At,
        shape: &Shape,
        place: (u32, usize),
        many: bool,
        holes: &Holes,
    ) -> Policy {
        Policy {
            timeout_ms: self.timeout(&at.field.directives).unwrap_or_default(),
            cache: self.cache(at, &at.field.directives, holes),
            invalidates: self.invalidates(at, holes),
            fallback: self.fallback(at, shape, place, many).map(Box::new),
        }
    }

    /// What a type says beside `@load`, whose paths begin at `ground`.
    pub(super) fn load_policy(
        &mut self,
        at: &At,
        definition: &ExtendedType,
        ground: Ground,
    ) -> Option<Box<Policy>> {
        let holes = Holes { ground, has_arguments: false };
        let timeout_ms = self.timeout(definition.directives()).unwrap_or_default();
        let cache = self.cache(at, definition.directives(), &holes);
        said(Policy { timeout_ms, cache, ..Default::default() })
    }

    /// Says of each type with a policy and no call that the policy has no effect.
    pub(super) fn policies_without_load(&mut self) {
        for (name, ty) in &self.schema().definitions.types {
            for directive in ["timeout", "cache"] {
                let found = Reader::find(self.schema(), ty.directives(), directive);
                if let Some(found) = found.filter(|_| !ty.directives().has("load")) {
                    self.fault(Fault::MisplacedDirective {
                        coordinate: name.to_string(),
                        directive: directive.to_owned(),
                        reason: "a type without `@load` has no call of its own".to_owned(),
                        span: found.span(),
                    });
                }
            }
        }
    }

    fn timeout(&mut self, directives: &DirectiveList) -> Option<u64> {
        let timeout = Reader::find(self.schema(), directives, "timeout")?;
        self.positive_duration(&timeout.text("after")?)
    }

    fn cache(&mut self, at: &At, directives: &DirectiveList, holes: &Holes) -> Option<Cache> {
        let cache = Reader::find(self.schema(), directives, "cache")?;
        let (max_age, revalidate) = (cache.text("maxAge"), cache.text("staleWhileRevalidate"));
        let scope = cache
            .argument("scope")
            .and_then(|scope| scope.value.as_enum().map(ToString::to_string));
        let scope = scope.as_deref().and_then(Scope::from_str_name).unwrap_or(Scope::Unspecified);
        let vary = cache.texts("vary");
        let tags = cache.texts("tags");
        Some(Cache {
            max_age_ms: max_age.and_then(|text| self.duration(&text)).unwrap_or_default(),
            stale_while_revalidate_ms: revalidate
                .and_then(|text| self.duration(&text))
                .unwrap_or_default(),
            scope: scope as i32,
            vary: vary.iter().filter_map(|header| self.header(at, header)).collect(),
            tags: tags.iter().filter_map(|tag| self.template(at, tag, holes)).collect(),
        })
    }

    fn header(&mut self, at: &At, header: &Text) -> Option<String> {
        if is_header(&header.value) {
            return Some(header.value.to_lowercase());
        }
        let reason =
            format!("no header is called `{}`: it has letters, digits and `-`", header.value);
        let coordinate = at.coordinate();
        self.fault(Fault::ValueMismatch { coordinate, reason, span: header.span, proto: None });
        None
    }

    fn invalidates(&mut self, at: &At, holes: &Holes) -> Vec<Template> {
        let tags = self
            .directive(at, "invalidates")
            .map(|invalidates| invalidates.texts("tags"))
            .unwrap_or_default();
        tags.iter().filter_map(|tag| self.template(at, tag, holes)).collect()
    }
}

/// A policy that says anything.
fn said(policy: Policy) -> Option<Box<Policy>> {
    (policy != Policy::default()).then(|| Box::new(policy))
}
