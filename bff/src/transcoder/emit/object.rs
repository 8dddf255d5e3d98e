//! Objects: their fields one after the other, in response order.

use super::{Emitter, Flow, Path, Stop};
use crate::{
    error::{Code, Error},
    plan::SiteId,
    transcoder::{
        frame::{Frame, FrameId, Kind, Operation},
        json::{self, Fault},
        leaf::write_number,
        scalar::wire_type,
        table::{ScanFault, TableId, Window, ends, raw},
    },
};

/// In smaller messages the texts need no look at the budget.
const LARGE: usize = 4 << 10;

impl<'a> Emitter<'a> {
    /// An object, or the value that a join reads.
    pub(super) fn object(&mut self, frame: FrameId, message: Window<'_>, path: &Path<'_>) -> Flow {
        let program = self.program;
        let frame = &program.layout.frames[frame.0];
        let Some(table) = frame.table else { return self.fields(frame, &[0], message, path) };
        if let Some(slots) = self.slots_of(frame) {
            debug_assert!(self.is_kept_well(table, slots, message));
            return self.fields(frame, slots, message, path);
        }
        match frame.slots {
            0..=16 => self.scanned(frame, table, &mut [0; 16], message, path),
            17..=64 => self.scanned(frame, table, &mut [0; 64], message, path),
            _ => self.scanned(frame, table, &mut vec![0; frame.slots], message, path),
        }
    }

    /// The slots that extraction has filled.
    #[inline(always)]
    fn slots_of(&self, frame: &Frame) -> Option<&'a [u64]> {
        let SiteId(site) = frame.kept?;
        self.input.refs[site].kept.of(self.cursors[site], frame.slots)
    }

    /// The slow twin: what another scan finds.
    fn is_kept_well(&self, table: TableId, kept: &[u64], message: Window<'_>) -> bool {
        let mut slots = vec![0; kept.len()];
        let is_read = self.program.layout.tables.fill(table, message, &mut slots).is_ok();
        // The first slot is where all goes that nobody reads.
        is_read && slots[1..] == kept[1..]
    }

    /// Fills the slots first.
    #[inline(always)]
    fn scanned(
        &mut self,
        frame: &Frame,
        table: TableId,
        slots: &mut [u64],
        message: Window<'_>,
        path: &Path<'_>,
    ) -> Flow {
        let tables = &self.program.layout.tables;
        match tables.fill(table, message, slots) {
            Ok(()) => self.fields(frame, slots, message, path),
            Err(ScanFault::Malformed) => Err(Stop::Garbage),
            Err(ScanFault::Split) => {
                let whole = tables.read_parts(table, message.message(), slots)?;
                self.fields(frame, slots, Window::of(&whole), path)
            }
        }
    }

    #[inline(never)]
    fn fields(
        &mut self,
        frame: &Frame,
        slots: &[u64],
        message: Window<'_>,
        path: &Path<'_>,
    ) -> Flow {
        let divided = frame.divided.as_deref().map(|divided| self.begin(divided, path));
        // Many fields of one large message could show the same long text.
        let flow = if message.length() > LARGE {
            self.watched(&frame.operations, slots, message, path)
        } else {
            self.operations::<false>(&frame.operations, slots, message, path)
        }?;
        frame.close.put(self.out);
        if let Some(division) = divided {
            self.leave_for_later(division, message);
        }
        flow
    }

    /// The fields of a large message.
    #[cold]
    #[inline(never)]
    fn watched(
        &mut self,
        operations: &[Operation],
        slots: &[u64],
        message: Window<'_>,
        path: &Path<'_>,
    ) -> Result<Flow, Stop> {
        self.operations::<true>(operations, slots, message, path)
    }

    /// The fields, and the first one without a value where none may be missing. Where they are watched, the budget is looked
    /// at before each of them; where not, before those that are more than a text or a number.
    #[inline(always)]
    fn operations<const WATCHED: bool>(
        &mut self,
        operations: &[Operation],
        slots: &[u64],
        message: Window<'_>,
        path: &Path<'_>,
    ) -> Result<Flow, Stop> {
        let mut flow = Ok(());
        for operation in operations {
            let is_due = WATCHED && self.is_due(operation);
            if !is_due && self.quick(operation, slots, message) {
                continue;
            }
            let written = if is_due || (operation.is_more() && self.is_due(operation)) {
                self.look_before(operation, slots, message, path)
            } else {
                self.operation(operation, slots, message, path)
            };
            match written {
                Ok(()) => {}
                // The first one is the cause; what follows is cut off with it.
                Err(stop @ Stop::Null(_)) => flow = flow.and(Err(stop)),
                Err(stop) => return Err(stop),
            }
        }
        Ok(flow)
    }

    /// Writes a text or a number with what stands before it, if nothing is special about it.
    #[inline(always)]
    fn quick(&mut self, operation: &Operation, slots: &[u64], message: Window<'_>) -> bool {
        if operation.guard != 0 {
            return false;
        }
        let start = self.out.len();
        let Some(slot) = slots.get(operation.slot as usize).copied() else { return false };
        let written = match &operation.kind {
            Kind::Text { explicit: true } | Kind::Number { explicit: true, .. } if slot == 0 => {
                return false;
            }
            Kind::Text { .. } => {
                let (from, to) = ends(slot);
                let room = operation.literal.put_before(self.out);
                json::put_text(room, message.buffer(), from, to - from)
            }
            Kind::Number { leaf, explicit: false, .. } => {
                let room = operation.literal.put_before(self.out);
                write_number(room, *leaf, slot, &self.program.enums)
            }
            _ => return false,
        };
        if written.is_err() {
            self.out.truncate(start);
        }
        written.is_ok()
    }

    /// Writes any field with what stands before it.
    #[inline(never)]
    pub(super) fn operation(
        &mut self,
        operation: &Operation,
        slots: &[u64],
        message: Window<'_>,
        path: &Path<'_>,
    ) -> Flow {
        if operation.guard != 0 && slots[operation.guard as usize] == 0 {
            return self.absent(operation, path);
        }
        match &operation.kind {
            Kind::Text { explicit } => {
                let slot = slots[operation.slot as usize];
                if slot == 0 {
                    return self.no_text(operation, *explicit, path);
                }
                let start = self.out.len();
                operation.literal.put(self.out);
                match json::finish_string(self.out, message.part(slot).message()) {
                    Ok(()) => Ok(()),
                    Err(fault) => self.fault(operation, start, fault, path),
                }
            }
            Kind::Number { leaf, scalar, explicit } => {
                let slot = slots[operation.slot as usize];
                let number = if *explicit {
                    if slot == 0 {
                        return self.unset(operation, path);
                    }
                    raw(message.part(slot).message(), &mut 0, wire_type(*scalar))?
                } else {
                    slot
                };
                let start = self.out.len();
                let room = operation.literal.put_before(self.out);
                match write_number(room, *leaf, number, &self.program.enums) {
                    Ok(()) => Ok(()),
                    Err(_) if number == 0 && !*explicit && operation.nullable => {
                        self.out.truncate(start);
                        self.absent(operation, path)
                    }
                    Err(fault) => self.fault(operation, start, fault, path),
                }
            }
            _ => {
                operation.literal.put(self.out);
                self.large(operation, slots, message, path)
            }
        }
    }

    /// A text that is not on the wire.
    fn no_text(&mut self, operation: &Operation, explicit: bool, path: &Path<'_>) -> Flow {
        if explicit {
            return self.unset(operation, path);
        }
        operation.literal.put(self.out);
        self.out.push(b'"');
        Ok(())
    }

    /// No value came of a field that has presence. Of the field nothing is written.
    pub(super) fn unset(&mut self, operation: &Operation, path: &Path<'_>) -> Flow {
        let Some(default) = &operation.default else { return self.absent(operation, path) };
        let start = self.out.len();
        match &**default {
            Ok(json) => {
                operation.literal.put(self.out);
                let start = self.start(operation);
                self.out.truncate(start);
                self.out.extend_from_slice(json);
                Ok(())
            }
            Err(fault) => self.fault(operation, start, *fault, path),
        }
    }

    /// No value came. Of the field nothing is written.
    fn absent(&mut self, operation: &Operation, path: &Path<'_>) -> Flow {
        if operation.nullable {
            operation.literal.put_null(self.out, operation.is_text());
            return Ok(());
        }
        operation.literal.put(self.out);
        self.missing(operation, path)
    }

    /// The same where the literal is written.
    #[cold]
    pub(super) fn missing(&mut self, operation: &Operation, path: &Path<'_>) -> Flow {
        if operation.nullable {
            self.null(self.start(operation));
            return Ok(());
        }
        let error = Error::new(Code::NullValue, "there is no value, and null may not stand here");
        Err(self.fail(operation, error, path))
    }

    /// A value came that cannot be shown. The field begins at `start`.
    #[cold]
    #[inline(never)]
    fn fault(
        &mut self,
        operation: &Operation,
        start: usize,
        fault: Fault,
        path: &Path<'_>,
    ) -> Flow {
        self.out.truncate(start);
        operation.literal.put(self.out);
        let Some(message) = fault.message() else { return Err(Stop::Garbage) };
        let stop = self.fail(operation, Error::new(Code::InvalidValue, message), path);
        if !operation.nullable {
            return Err(stop);
        }
        self.null(self.start(operation));
        Ok(())
    }
}
