//! The sequence parameter set of H.265 as far as size and frame rate need it.
//!
//! Source: ITU-T H.265, 7.3.2.2, 7.3.3, 7.3.4, 7.3.7 and E.2.1; names in comments are those there.

use crate::codec::bits::Bits;
use crate::unit::FrameRate;
use std::num::NonZeroU32;

/// What a sequence parameter set says of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parameters {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) frame_rate: Option<FrameRate>,
}

impl Parameters {
    /// Reads a NAL unit with its header; `None` if it is damaged up to the size.
    pub(super) fn read(nal: &[u8]) -> Option<Self> {
        const HEADER: usize = 2;
        const NAL_TYPE: u8 = 33;
        let (header, payload) = nal.split_at_checked(HEADER)?;
        if header.first()? >> 1 != NAL_TYPE {
            return None;
        }
        let payload = without_emulation(payload);
        let mut bits = Bits::new(&payload);
        let layers = head(&mut bits)?;
        let (width, height) = size(&mut bits)?;
        // What stands behind the size has more forms than decoders agree on: damage there costs no
        // more than the rate.
        let frame_rate = tools(&mut bits, layers).and_then(|()| frame_rate(&mut bits));
        Some(Self { width, height, frame_rate })
    }
}

/// Takes out each 3 that only keeps a start code from appearing (7.4.1.1).
fn without_emulation(payload: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(payload.len());
    let mut zeros = 0;
    for &byte in payload {
        if zeros >= 2 && byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        plain.push(byte);
    }
    plain
}

/// Up to `sps_seq_parameter_set_id`; the number of sub-layers less one.
fn head(bits: &mut Bits<'_>) -> Option<usize> {
    /// Profile, tier and constraints of the whole, or of a sub-layer.
    const PROFILE: usize = 88;
    const LEVEL: usize = 8;
    bits.skip(4)?;
    let layers = usize::try_from(bits.take(3)?).ok()?;
    bits.skip(1 + PROFILE + LEVEL)?;
    let mut present = [(false, false); 7];
    for layer in present.iter_mut().take(layers) {
        *layer = (bits.flag()?, bits.flag()?);
    }
    if layers > 0 {
        bits.skip(2 * (8 - layers))?;
    }
    for (profile, level) in present.into_iter().take(layers) {
        bits.skip(if profile { PROFILE } else { 0 } + if level { LEVEL } else { 0 })?;
    }
    bits.golomb()?;
    Some(layers)
}

/// From `chroma_format_idc` to the conformance window: width and height as shown.
fn size(bits: &mut Bits<'_>) -> Option<(u32, u32)> {
    let chroma = bits.golomb()?;
    // In units of how many pixels the window is told, across and down.
    let (across, down) = match chroma {
        0 => (1, 1),
        1 => (2, 2),
        2 => (2, 1),
        3 => {
            bits.skip(1)?;
            (1, 1)
        }
        _ => return None,
    };
    let (width, height) = (bits.golomb()?, bits.golomb()?);
    let (mut cropped_across, mut cropped_down) = (0_u32, 0_u32);
    if bits.flag()? {
        cropped_across = bits.golomb()?.checked_add(bits.golomb()?)?.checked_mul(across)?;
        cropped_down = bits.golomb()?.checked_add(bits.golomb()?)?.checked_mul(down)?;
    }
    let width = width.checked_sub(cropped_across).filter(|width| *width > 0)?;
    let height = height.checked_sub(cropped_down).filter(|height| *height > 0)?;
    Some((width, height))
}

/// From the bit depths to `strong_intra_smoothing_enabled_flag`: steps over the coding tools.
fn tools(bits: &mut Bits<'_>, layers: usize) -> Option<()> {
    bits.skip_golombs(2)?;
    let order_count_bits = bits.golomb()?.checked_add(4).filter(|count| *count <= 16)?;
    let told = if bits.flag()? { layers + 1 } else { 1 };
    bits.skip_golombs(3 * told)?;
    bits.skip_golombs(6)?;
    if bits.flag()? && bits.flag()? {
        scaling_lists(bits)?;
    }
    bits.skip(2)?;
    if bits.flag()? {
        bits.skip(8)?;
        bits.skip_golombs(2)?;
        bits.skip(1)?;
    }
    reference_sets(bits)?;
    if bits.flag()? {
        let count = usize::try_from(bits.golomb()?).ok().filter(|count| *count <= 32)?;
        bits.skip(count * (usize::try_from(order_count_bits).ok()? + 1))?;
    }
    bits.skip(2)
}

/// `scaling_list_data` (7.3.4).
fn scaling_lists(bits: &mut Bits<'_>) -> Option<()> {
    for size in 0..4 {
        for _ in (0..6).step_by(if size == 3 { 3 } else { 1 }) {
            if bits.flag()? {
                let coefficients = 64.min(1 << (4 + (size << 1)));
                bits.skip_golombs(coefficients + usize::from(size > 1))?;
            } else {
                bits.golomb()?;
            }
        }
    }
    Some(())
}

/// `st_ref_pic_set` of all (7.3.7).
fn reference_sets(bits: &mut Bits<'_>) -> Option<()> {
    const SETS_MAX: u32 = 64;
    const PICTURES_MAX: u32 = 16;
    let sets = bits.golomb().filter(|sets| *sets <= SETS_MAX)?;
    // Pictures in the set before.
    let mut before = 0;
    for at in 0..sets {
        let predicted = at != 0 && bits.flag()?;
        before = if predicted {
            bits.skip(1)?;
            bits.golomb()?;
            let mut kept = 0;
            for _ in 0..=before {
                let is_used = bits.flag()?;
                kept += u32::from(is_used || bits.flag()?);
            }
            kept
        } else {
            let (negative, positive) = (bits.golomb()?, bits.golomb()?);
            let pictures = negative.checked_add(positive)?;
            for _ in 0..pictures.min(2 * PICTURES_MAX) {
                bits.golomb()?;
                bits.skip(1)?;
            }
            pictures
        };
        if before > 2 * PICTURES_MAX {
            return None;
        }
    }
    Some(())
}

/// The clock of the VUI (E.2.1): one tick is one picture.
fn frame_rate(bits: &mut Bits<'_>) -> Option<FrameRate> {
    const EXTENDED_SHAPE: u32 = 255;
    if !bits.flag()? {
        return None;
    }
    if bits.flag()? && bits.take(8)? == EXTENDED_SHAPE {
        bits.skip(32)?;
    }
    if bits.flag()? {
        bits.skip(1)?;
    }
    if bits.flag()? {
        bits.skip(4)?;
        if bits.flag()? {
            bits.skip(24)?;
        }
    }
    if bits.flag()? {
        bits.skip_golombs(2)?;
    }
    bits.skip(3)?;
    if bits.flag()? {
        bits.skip_golombs(4)?;
    }
    if !bits.flag()? {
        return None;
    }
    let denominator = NonZeroU32::new(bits.take(32)?)?;
    let numerator = NonZeroU32::new(bits.take(32)?)?;
    Some(FrameRate { numerator, denominator })
}
