//! One macroblock, and how it follows from its neighbours.

/// 16×16 luma samples and 8×8 of each chroma plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) luma: [[u8; 16]; 16],
    pub(super) blue: [[u8; 8]; 8],
    pub(super) red: [[u8; 8]; 8],
}

/// From which neighbour the samples are copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Copied {
    /// Every column goes on downwards.
    Above,
    /// Every row goes on to the right.
    Left,
}

/// How luma and chroma follow, if both do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Prediction {
    pub(super) luma: Copied,
    pub(super) chroma: Copied,
}

impl Block {
    /// The exact prediction from the neighbours, if there is one.
    pub(super) fn prediction(
        &self,
        left: Option<&Block>,
        above: Option<&Block>,
    ) -> Option<Prediction> {
        let luma = copied(
            left.is_some_and(|left| goes_right(&left.luma, &self.luma)),
            above.is_some_and(|above| goes_down(&above.luma, &self.luma)),
        )?;
        let chroma = copied(
            left.is_some_and(|left| {
                goes_right(&left.blue, &self.blue) && goes_right(&left.red, &self.red)
            }),
            above.is_some_and(|above| {
                goes_down(&above.blue, &self.blue) && goes_down(&above.red, &self.red)
            }),
        )?;
        Some(Prediction { luma, chroma })
    }
}

fn copied(from_left: bool, from_above: bool) -> Option<Copied> {
    match (from_above, from_left) {
        (true, _) => Some(Copied::Above),
        (false, true) => Some(Copied::Left),
        (false, false) => None,
    }
}

fn goes_right<const N: usize>(left: &[[u8; N]; N], samples: &[[u8; N]; N]) -> bool {
    left.iter().zip(samples).all(|(left, row)| {
        let last = left.last().copied();
        row.iter().all(|sample| Some(*sample) == last)
    })
}

fn goes_down<const N: usize>(above: &[[u8; N]; N], samples: &[[u8; N]; N]) -> bool {
    samples.iter().all(|row| Some(row) == above.last())
}
