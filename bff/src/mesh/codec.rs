//! Messages as they are: bytes out, bytes in.

use bytes::{Buf, BufMut, Bytes};
use tonic::{
    Status,
    codec::{BufferSettings, Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
};

/// Sends and receives encoded messages without looking into them.
#[derive(Clone, Copy, Debug)]
pub(super) struct RawCodec {
    /// How long the request is, so that it is written into one allocation.
    pub(super) request_size: usize,
}

/// What stands before each message: a flag and the length.
pub(super) const PREFIX_SIZE: usize = 5;

impl Codec for RawCodec {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for RawCodec {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        into.put(message);
        Ok(())
    }

    fn buffer_settings(&self) -> BufferSettings {
        let size = self.request_size + PREFIX_SIZE;
        BufferSettings::new(size, size)
    }
}

impl Decoder for RawCodec {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }

    fn buffer_settings(&self) -> BufferSettings {
        // Frames are put into the buffer whole, and it grows to the length that the prefix announces.
        BufferSettings::new(0, 0)
    }
}
