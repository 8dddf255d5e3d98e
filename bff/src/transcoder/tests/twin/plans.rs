//! Plans: what may be selected where.

use super::*;

/// Plans: what may be selected where.
pub(super) struct Planner<'r, 'b> {
    pub(super) random: &'r mut Random<'b>,
    pub(super) builder: Builder,
}

/// Where messages have keys: texts and numbers, one and many.
pub(super) const KEY: [u32; 2] = [20, 21];
pub(super) const KEYS: [u32; 2] = [22, 23];

impl Planner<'_, '_> {
    pub(super) fn shape(&mut self, parent: SiteId, depth: usize) -> ShapeId {
        let count = 1 + self.random.below(4);
        let fields = (1..=count as u32).map(|number| self.field(number, parent, depth)).collect();
        let name = format!("Type{}", self.random.below(3));
        self.builder.shape(&name, fields)
    }

    pub(super) fn field(&mut self, number: u32, parent: SiteId, depth: usize) -> ShapeField {
        let source = match self.random.below(if depth > 0 { 11 } else { 6 }) {
            0 => Source::Typename,
            1 => kit::string(number),
            2 => explicit(kit::string(number)),
            3 => kit::scalar(number, Scalar::Int64, Format::Int),
            4 => explicit(kit::scalar(number, Scalar::Sint32, Format::Int)),
            5 => kit::at(&[number, 1], kit::string(2)),
            6 => kit::object(number, self.shape(parent, depth - 1)),
            7 => kit::list(number, self.shape(parent, depth - 1)),
            8 => {
                let members =
                    [(30, self.shape(parent, depth - 1)), (31, self.shape(parent, depth - 1))];
                kit::choice(number, &members)
            }
            many => {
                let field = self.join(number, Some(parent), many == 9, depth - 1);
                return field;
            }
        };
        self.nullability(field(&format!("f{number}"), source))
    }

    pub(super) fn nullability(&mut self, field: ShapeField) -> ShapeField {
        ShapeField {
            nullable: self.random.once_in(2),
            item_nullable: self.random.once_in(2),
            ..field
        }
    }

    pub(super) fn join(
        &mut self,
        number: u32,
        parent: Option<SiteId>,
        many: bool,
        depth: usize,
    ) -> ShapeField {
        let scalar = if self.random.once_in(2) { Scalar::String } else { Scalar::Int32 };
        let numbers = if many { KEYS } else { KEY };
        let number_of = numbers[usize::from(scalar == Scalar::Int32)];
        let (key, site_key) = match parent {
            None => (Vec::new(), Vec::new()),
            Some(_) => (vec![key_part(&[1], scalar, &[1])], vec![key_source(&[number_of], scalar)]),
        };
        let step = self.builder.step(call(key));
        let site = self.builder.site(step, parent, site_key, many && parent.is_some());
        let then = match self.random.below(5) {
            0 => kit::string(3),
            1 if !many => kit::list(3, self.shape(site, depth)),
            2 => kit::whole(self.shape(site, depth)),
            _ => kit::object(3, self.shape(site, depth)),
        };
        self.nullability(joined(&format!("f{number}"), site, then))
    }
}

pub(super) fn explicit(source: Source) -> Source {
    match source {
        Source::Wire(wire) => Source::Wire(Wire { cardinality: Cardinality::Explicit, ..wire }),
        source => source,
    }
}
