//! Writing bits, and the byte stuffing of H.264.

/// Bits, most significant first.
#[derive(Debug, Default)]
pub(super) struct Writer {
    bytes: Vec<u8>,
    pending: u8,
    /// Bits in `pending`, 0 to 7.
    count: u32,
}

impl Writer {
    /// The lowest `width` bits of `value`.
    pub(super) fn bits(&mut self, value: u32, width: u32) {
        for shift in (0..width).rev() {
            let bit = u8::from(value >> shift & 1 == 1);
            self.pending = self.pending << 1 | bit;
            self.count += 1;
            if self.count == 8 {
                self.bytes.push(self.pending);
                self.count = 0;
                self.pending = 0;
            }
        }
    }

    /// Unsigned Exp-Golomb, `ue(v)`.
    pub(super) fn unsigned(&mut self, value: u32) {
        let code = value + 1;
        let width = code.ilog2() + 1;
        self.bits(0, width - 1);
        self.bits(code, width);
    }

    /// Zero as signed Exp-Golomb, `se(v)`: all that we ever need.
    pub(super) fn signed_zero(&mut self) {
        self.bits(1, 1);
    }

    /// Zero bits up to the next byte.
    pub(super) fn align(&mut self) {
        if self.count > 0 {
            self.bits(0, 8 - self.count);
        }
    }

    /// Whole bytes; only after [`Writer::align`].
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        debug_assert_eq!(self.count, 0, "bytes are written aligned");
        self.bytes.extend_from_slice(bytes);
    }

    /// Ends with the stop bit; returns the payload of a NAL unit, not yet stuffed.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.bits(1, 1);
        self.align();
        self.bytes
    }
}

/// A NAL unit: its header byte, then the payload with a 3 after two zeros wherever a start code
/// could be seen.
pub(super) fn nal(header: u8, payload: &[u8]) -> Vec<u8> {
    const STUFFING: u8 = 3;
    let mut unit = Vec::with_capacity(payload.len() + payload.len() / 64 + 1);
    unit.push(header);
    let mut zeros = 0;
    for &byte in payload {
        if zeros == 2 && byte <= STUFFING {
            unit.push(STUFFING);
            zeros = 0;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        unit.push(byte);
    }
    unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_golomb_codes_are_those_of_the_standard() {
        let cases =
            [(0, "1"), (1, "010"), (2, "011"), (3, "00100"), (7, "0001000"), (25, "000011010")];
        for (value, code) in cases {
            let mut writer = Writer::default();
            writer.unsigned(value);
            let bytes = writer.finish();
            let text = bytes.iter().map(|byte| format!("{byte:08b}")).collect::<Vec<_>>().concat();
            assert!(text.starts_with(&format!("{code}1")), "{value}: {text}");
        }
    }

    #[test]
    fn no_start_code_survives_in_a_unit() {
        assert_eq!(nal(0x65, &[0, 0, 1, 9]), [0x65, 0, 0, 3, 1, 9]);
        assert_eq!(nal(0x65, &[0, 0, 0, 0, 0]), [0x65, 0, 0, 3, 0, 0, 3, 0]);
        assert_eq!(nal(0x65, &[0, 0, 4]), [0x65, 0, 0, 4]);
    }
}
