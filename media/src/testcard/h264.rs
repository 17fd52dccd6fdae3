//! H.264 syntax: parameter sets and slices of copied or literal macroblocks.
//!
//! Source: ITU-T H.264, 7.3; baseline profile, CAVLC, one slice a picture, no deblocking.

use super::bits::{Writer, nal};
use super::block::{Block, Copied, Prediction};
use super::picture::{COLUMNS, HEIGHT, ROWS, WIDTH};
use bytes::{BufMut, Bytes, BytesMut};

const PROFILE_BASELINE: u8 = 66;
/// Conforms to baseline and to main.
const CONSTRAINTS: u8 = 0b1100_0000;
const LEVEL_3_1: u8 = 31;
const FRAME_NUM_BITS: u32 = 8;

const _: () = assert!(WIDTH == COLUMNS * 16 && HEIGHT == ROWS * 16, "nothing is cropped");

/// The `AVCDecoderConfigurationRecord`.
pub(super) fn record() -> Bytes {
    const SEQUENCE: u8 = 0x67;
    const PICTURE: u8 = 0x68;
    let mut record = BytesMut::new();
    record.put_slice(&[1, PROFILE_BASELINE, CONSTRAINTS, LEVEL_3_1, 0b1111_1111]);
    for (count, set) in [
        (0b1110_0001, nal(SEQUENCE, &sequence_parameters())),
        (1, nal(PICTURE, &picture_parameters())),
    ] {
        record.put_u8(count);
        record.put_u16(u16::try_from(set.len()).unwrap_or(u16::MAX));
        record.put_slice(&set);
    }
    record.freeze()
}

fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn sequence_parameters() -> Vec<u8> {
    let mut bits = Writer::default();
    for byte in [PROFILE_BASELINE, CONSTRAINTS, LEVEL_3_1] {
        bits.bits(u32::from(byte), 8);
    }
    bits.unsigned(0); // seq_parameter_set_id
    bits.unsigned(FRAME_NUM_BITS - 4);
    bits.unsigned(2); // pic_order_cnt_type: shown in decode order
    bits.unsigned(1); // max_num_ref_frames
    bits.bits(0, 1); // gaps_in_frame_num_value_allowed_flag
    bits.unsigned(number(COLUMNS) - 1);
    bits.unsigned(number(ROWS) - 1);
    bits.bits(1, 1); // frame_mbs_only_flag
    bits.bits(1, 1); // direct_8x8_inference_flag
    bits.bits(0, 1); // frame_cropping_flag
    bits.bits(1, 1); // vui_parameters_present_flag
    usability(&mut bits);
    bits.finish()
}

/// Colours by BT.709, 30 frames a second, no reordering.
fn usability(bits: &mut Writer) {
    const BT_709: u32 = 1;
    bits.bits(0b00, 2); // aspect ratio, overscan: not said
    bits.bits(1, 1); // video_signal_type_present_flag
    bits.bits(5, 3); // video_format: unspecified
    bits.bits(0, 1); // video_full_range_flag
    bits.bits(1, 1); // colour_description_present_flag
    for _ in ["primaries", "transfer", "matrix"] {
        bits.bits(BT_709, 8);
    }
    bits.bits(0, 1); // chroma_loc_info_present_flag
    bits.bits(1, 1); // timing_info_present_flag
    bits.bits(1, 32); // num_units_in_tick
    bits.bits(60, 32); // time_scale: two ticks a frame
    bits.bits(1, 1); // fixed_frame_rate_flag
    bits.bits(0b000, 3); // no HRD of either kind, no picture structure
    bits.bits(1, 1); // bitstream_restriction_flag
    bits.bits(1, 1); // motion_vectors_over_pic_boundaries_flag
    bits.unsigned(0); // max_bytes_per_pic_denom: no bound
    bits.unsigned(0); // max_bits_per_mb_denom: no bound
    bits.unsigned(0); // log2_max_mv_length_horizontal
    bits.unsigned(0); // log2_max_mv_length_vertical
    bits.unsigned(0); // max_num_reorder_frames
    bits.unsigned(1); // max_dec_frame_buffering
}

fn picture_parameters() -> Vec<u8> {
    let mut bits = Writer::default();
    bits.unsigned(0); // pic_parameter_set_id
    bits.unsigned(0); // seq_parameter_set_id
    bits.bits(0b00, 2); // CAVLC, no order count of bottom fields
    bits.unsigned(0); // num_slice_groups_minus1
    bits.unsigned(0); // num_ref_idx_l0_default_active_minus1
    bits.unsigned(0); // num_ref_idx_l1_default_active_minus1
    bits.bits(0b000, 3); // no weighted prediction
    bits.signed_zero(); // pic_init_qp_minus26
    bits.signed_zero(); // pic_init_qs_minus26
    bits.signed_zero(); // chroma_qp_index_offset
    bits.bits(0b100, 3); // deblocking control present; intra from anywhere; no redundancy
    bits.finish()
}

/// A picture that needs no other; `count` differs from that of the sync unit before.
pub(super) fn sync(blocks: &[Block], count: u32) -> Bytes {
    const IDR: u8 = 0x65;
    const SLICE_I: u32 = 7;
    let mut slice = Slice::begin(SLICE_I, 0);
    slice.bits.unsigned(count % 2); // idr_pic_id
    slice.bits.bits(0b00, 2); // show what came before; no long-term reference
    slice.end_header();
    for at in 0..blocks.len() {
        slice.intra(blocks, at, 0);
    }
    slice.finish(IDR)
}

/// A picture that repeats the one before but for the `changed` macroblocks; the `count`th after
/// its sync unit.
pub(super) fn predicted(blocks: &[Block], changed: &[bool], count: u32) -> Bytes {
    const NON_IDR: u8 = 0x41;
    const SLICE_P: u32 = 5;
    /// Numbers of intra macroblock types start here in P slices.
    const INTRA: u32 = 5;
    let mut slice = Slice::begin(SLICE_P, count);
    slice.bits.bits(0b000, 3); // default references in default order; sliding window
    slice.end_header();
    let mut skipped = 0;
    for (at, changed) in changed.iter().enumerate() {
        if *changed {
            slice.bits.unsigned(skipped);
            slice.intra(blocks, at, INTRA);
            skipped = 0;
        } else {
            slice.literal.push(false);
            skipped += 1;
        }
    }
    if skipped > 0 {
        slice.bits.unsigned(skipped);
    }
    slice.finish(NON_IDR)
}

struct Slice {
    bits: Writer,
    /// For each macroblock so far: written as it is (it then counts as full of coefficients).
    literal: Vec<bool>,
}

impl Slice {
    fn begin(kind: u32, frame: u32) -> Self {
        let mut bits = Writer::default();
        bits.unsigned(0); // first_mb_in_slice
        bits.unsigned(kind);
        bits.unsigned(0); // pic_parameter_set_id
        bits.bits(frame, FRAME_NUM_BITS);
        Self { bits, literal: Vec::with_capacity(COLUMNS * ROWS) }
    }

    fn end_header(&mut self) {
        self.bits.signed_zero(); // slice_qp_delta
        self.bits.unsigned(1); // disable_deblocking_filter_idc
    }

    /// One macroblock, copied from a neighbour if that is exact.
    fn intra(&mut self, blocks: &[Block], at: usize, base: u32) {
        let Some(block) = blocks.get(at) else { return };
        let left = (!at.is_multiple_of(COLUMNS)).then(|| at - 1);
        let above = at.checked_sub(COLUMNS);
        let neighbour = |at: Option<usize>| blocks.get(at?);
        match block.prediction(neighbour(left), neighbour(above)) {
            Some(prediction) => self.copied(prediction, base, [left, above]),
            None => self.as_it_is(block, base),
        }
    }

    /// `I_16x16` without coefficients.
    fn copied(&mut self, prediction: Prediction, base: u32, neighbours: [Option<usize>; 2]) {
        let luma = match prediction.luma {
            Copied::Above => 1,
            Copied::Left => 2,
        };
        self.bits.unsigned(base + luma);
        self.bits.unsigned(match prediction.chroma {
            Copied::Above => 2,
            Copied::Left => 1,
        });
        self.bits.signed_zero(); // mb_qp_delta
        // "No coefficients": the code depends on how many the neighbours have, 0 or 16 (9.2.1).
        let near_literal = neighbours
            .into_iter()
            .flatten()
            .any(|at| self.literal.get(at).copied().unwrap_or_default());
        if near_literal {
            self.bits.bits(0b00_0011, 6);
        } else {
            self.bits.bits(1, 1);
        }
        self.literal.push(false);
    }

    /// `I_PCM`.
    fn as_it_is(&mut self, block: &Block, base: u32) {
        self.bits.unsigned(base + 25);
        self.bits.align();
        self.bits.bytes(block.luma.as_flattened());
        self.bits.bytes(block.blue.as_flattened());
        self.bits.bytes(block.red.as_flattened());
        self.literal.push(true);
    }

    /// The access unit: one NAL unit behind its length.
    fn finish(self, header: u8) -> Bytes {
        let unit = nal(header, &self.bits.finish());
        let mut data = BytesMut::with_capacity(unit.len() + 4);
        data.put_u32(number(unit.len()));
        data.put_slice(&unit);
        data.freeze()
    }
}
