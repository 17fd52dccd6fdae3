//! The book: transfers whose entries sum to zero, because there is no way to build another.
//!
//! An entry is seen from its account: negative leaves it, positive arrives. Which accounts may go
//! below zero (the promotion account does, a wallet does not) is the database's constraint.

use std::fmt;

use crate::{
    id::{AccountId, TransferId},
    money::{BasisPoints, MinorUnits},
};

/// What a transfer is for. Text forms are stored and shown; they never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// A viewer gives to a creator; the platform keeps its fee.
    Gift,
    /// Coins from the promotion account into a wallet.
    Grant,
    /// Coins that were paid for.
    Purchase,
    /// An earlier transfer, the other way round.
    Refund,
    /// A correction that two people agreed to.
    Adjustment,
}

impl Code {
    /// Every code.
    pub const ALL: [Self; 5] =
        [Self::Gift, Self::Grant, Self::Purchase, Self::Refund, Self::Adjustment];

    /// The stored text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gift => "gift",
            Self::Grant => "grant",
            Self::Purchase => "purchase",
            Self::Refund => "refund",
            Self::Adjustment => "adjustment",
        }
    }

    /// The code of this stored text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == text)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One signed line of a transfer; never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Whose balance it changes.
    pub account: AccountId,
    /// Negative leaves the account, positive arrives.
    pub amount: MinorUnits,
}

/// One balanced fact of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    id: TransferId,
    code: Code,
    reverses: Option<TransferId>,
    entries: Vec<Entry>,
}

/// Who takes part in a gift.
#[derive(Clone, Copy, Debug)]
pub struct GiftParties {
    /// The wallet that pays.
    pub payer: AccountId,
    /// The creator's account, which gets the price less the fee.
    pub creator: AccountId,
    /// The platform's account, which gets the fee.
    pub platform: AccountId,
}

/// Why entries make no transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransferError {
    /// Nothing would move, or it would move backwards.
    #[error("a transfer moves a positive amount, not {0}")]
    NotPositive(MinorUnits),
    /// The same account stands twice.
    #[error("the account {0} takes part twice")]
    SameAccount(AccountId),
    /// Too few or too many lines.
    #[error("a transfer has 2 to {max} entries, not {0}", max = Transfer::ENTRIES_MAX)]
    Entries(usize),
    /// A line that changes nothing.
    #[error("an entry of zero changes nothing")]
    ZeroEntry,
    /// The lines do not sum to zero.
    #[error("the entries sum to {0}, not to zero")]
    Unbalanced(i128),
    /// Refunds are not reversed: the gift is sent again instead.
    #[error("the transfer {0} is a refund and can't be reversed")]
    RefundOfRefund(TransferId),
    /// An entry whose negative is no amount.
    #[error("an entry is too big to be reversed")]
    TooBig,
}

impl Transfer {
    /// Entries of one transfer.
    pub const ENTRIES_MAX: usize = 16;

    /// A gift: the payer loses the price, the platform gets its fee, the creator the rest.
    pub fn gift(
        id: TransferId,
        parties: GiftParties,
        price: MinorUnits,
        fee: BasisPoints,
    ) -> Result<Self, TransferError> {
        let fee = fee.of(positive(price)?);
        let shares = [
            (parties.payer, -price.0),
            (parties.creator, price.0 - fee.0),
            (parties.platform, fee.0),
        ];
        let entries = shares
            .into_iter()
            .filter(|&(_, amount)| amount != 0)
            .map(|(account, amount)| Entry { account, amount: MinorUnits(amount) })
            .collect();
        Self::balanced(id, Code::Gift, None, entries)
    }

    /// Coins given to a wallet from the promotion account.
    pub fn grant(
        id: TransferId,
        promotion: AccountId,
        wallet: AccountId,
        amount: MinorUnits,
    ) -> Result<Self, TransferError> {
        positive(amount)?;
        let entries = vec![
            Entry { account: promotion, amount: MinorUnits(-amount.0) },
            Entry { account: wallet, amount },
        ];
        Self::balanced(id, Code::Grant, None, entries)
    }

    /// Undoes all of `original` and cites it.
    pub fn reversal(id: TransferId, original: &Self) -> Result<Self, TransferError> {
        if original.code == Code::Refund {
            return Err(TransferError::RefundOfRefund(original.id));
        }
        let entries = original
            .entries
            .iter()
            .map(|entry| {
                let amount = entry.amount.checked_neg().ok_or(TransferError::TooBig)?;
                Ok(Entry { account: entry.account, amount })
            })
            .collect::<Result<_, TransferError>>()?;
        Self::balanced(id, Code::Refund, Some(original.id), entries)
    }

    /// A transfer as read from its rows; the rules are checked again.
    pub fn balanced(
        id: TransferId,
        code: Code,
        reverses: Option<TransferId>,
        entries: Vec<Entry>,
    ) -> Result<Self, TransferError> {
        if !(2..=Self::ENTRIES_MAX).contains(&entries.len()) {
            return Err(TransferError::Entries(entries.len()));
        }
        for (ordinal, entry) in entries.iter().enumerate() {
            if entry.amount == MinorUnits::ZERO {
                return Err(TransferError::ZeroEntry);
            }
            if entries.iter().skip(ordinal + 1).any(|other| other.account == entry.account) {
                return Err(TransferError::SameAccount(entry.account));
            }
        }
        match sum(&entries) {
            0 => Ok(Self { id, code, reverses, entries }),
            sum => Err(TransferError::Unbalanced(sum)),
        }
    }

    /// Its name, chosen before it is written: writing it again is the same transfer.
    pub fn id(&self) -> TransferId {
        self.id
    }

    /// What it is for.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The transfer that this one undoes.
    pub fn reverses(&self) -> Option<TransferId> {
        self.reverses
    }

    /// Its lines, 2 to [`Transfer::ENTRIES_MAX`] of them.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// How it changes the balance of `account`.
    pub fn effect_on(&self, account: AccountId) -> MinorUnits {
        self.entries
            .iter()
            .find(|entry| entry.account == account)
            .map_or(MinorUnits::ZERO, |entry| entry.amount)
    }
}

/// The sum of some entries, in a width that they can't overflow.
pub fn sum(entries: &[Entry]) -> i128 {
    entries.iter().map(|entry| i128::from(entry.amount.0)).sum()
}

fn positive(amount: MinorUnits) -> Result<MinorUnits, TransferError> {
    if amount > MinorUnits::ZERO { Ok(amount) } else { Err(TransferError::NotPositive(amount)) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn account(number: u128) -> AccountId {
        AccountId::from_uuid(Uuid::from_u128(number))
    }

    fn transfer_id(number: u128) -> TransferId {
        TransferId::from_uuid(Uuid::from_u128(number))
    }

    fn parties() -> GiftParties {
        GiftParties { payer: account(1), creator: account(2), platform: account(3) }
    }

    fn gift(price: i64, fee: u16) -> Result<Transfer, TransferError> {
        let fee = BasisPoints::new(fee).unwrap();
        Transfer::gift(transfer_id(1), parties(), MinorUnits(price), fee)
    }

    fn amounts(transfer: &Transfer) -> Vec<i64> {
        transfer.entries().iter().map(|entry| entry.amount.0).collect()
    }

    #[test]
    fn the_platform_gets_its_fee_and_the_creator_the_rest() {
        assert_eq!(amounts(&gift(100, 3_000).unwrap()), [-100, 70, 30]);
        assert_eq!(amounts(&gift(99, 3_000).unwrap()), [-99, 70, 29]);
        assert_eq!(amounts(&gift(1, 3_000).unwrap()), [-1, 1]);
        assert_eq!(amounts(&gift(100, 0).unwrap()), [-100, 100]);
        assert_eq!(amounts(&gift(100, 10_000).unwrap()), [-100, 100]);
    }

    #[test]
    fn nothing_moves_backwards() {
        for amount in [0, -1, i64::MIN] {
            let refused = Err(TransferError::NotPositive(MinorUnits(amount)));
            assert_eq!(gift(amount, 3_000), refused);
            let (promotion, wallet) = (account(1), account(2));
            let grant = Transfer::grant(transfer_id(1), promotion, wallet, MinorUnits(amount));
            assert_eq!(grant, refused);
        }
    }

    #[test]
    fn nobody_pays_himself() {
        let own = GiftParties { creator: account(1), ..parties() };
        let refused = Transfer::gift(transfer_id(1), own, MinorUnits(100), BasisPoints::ZERO);
        assert_eq!(refused, Err(TransferError::SameAccount(account(1))));
    }

    #[test]
    fn rows_that_do_not_balance_are_no_transfer() {
        let check = |amounts: &[i64], expected: TransferError| {
            let entries = amounts
                .iter()
                .zip(1..)
                .map(|(&amount, number)| Entry {
                    account: account(number),
                    amount: MinorUnits(amount),
                })
                .collect();
            let read = Transfer::balanced(transfer_id(1), Code::Adjustment, None, entries);
            assert_eq!(read, Err(expected));
        };
        check(&[], TransferError::Entries(0));
        check(&[5], TransferError::Entries(1));
        check(&[1; 17], TransferError::Entries(17));
        check(&[5, -4], TransferError::Unbalanced(1));
        check(&[5, 0, -5], TransferError::ZeroEntry);
        // In 64 bits these would wrap round to zero.
        check(&[i64::MIN, i64::MIN], TransferError::Unbalanced(2 * i128::from(i64::MIN)));
    }

    #[test]
    fn a_refund_cites_its_gift_and_is_not_refunded_itself() {
        let gift = gift(100, 3_000).unwrap();
        let refund = Transfer::reversal(transfer_id(2), &gift).unwrap();
        assert_eq!(refund.code(), Code::Refund);
        assert_eq!(refund.reverses(), Some(gift.id()));
        assert_eq!(amounts(&refund), [100, -70, -30]);
        let again = Transfer::reversal(transfer_id(3), &refund);
        assert_eq!(again, Err(TransferError::RefundOfRefund(refund.id())));
    }

    #[test]
    fn every_code_is_read_back_from_its_text() {
        for code in Code::ALL {
            assert_eq!(Code::parse(code.as_str()), Some(code));
        }
        assert_eq!(Code::parse("Gift"), None);
    }

    proptest! {
        #[test]
        fn every_gift_balances(price in 1..i64::MAX, fee in 0_u16..=10_000) {
            let gift = gift(price, fee).unwrap();
            prop_assert_eq!(sum(gift.entries()), 0);
            prop_assert_eq!(gift.effect_on(parties().payer), MinorUnits(-price));
        }

        #[test]
        fn a_gift_and_its_refund_leave_every_balance_as_it_was(
            price in 1..i64::MAX,
            fee in 0_u16..=10_000,
        ) {
            let gift = gift(price, fee).unwrap();
            let refund = Transfer::reversal(transfer_id(2), &gift).unwrap();
            for account in (1..=3).map(account) {
                let net = gift.effect_on(account).checked_add(refund.effect_on(account));
                prop_assert_eq!(net, Some(MinorUnits::ZERO));
            }
        }

        #[test]
        fn whatever_is_read_back_sums_to_zero(amounts: Vec<i64>) {
            let entries: Vec<_> = amounts
                .iter()
                .zip(1..)
                .map(|(&amount, number)| Entry { account: account(number), amount: MinorUnits(amount) })
                .collect();
            let balances = sum(&entries) == 0;
            if let Ok(transfer) = Transfer::balanced(transfer_id(1), Code::Grant, None, entries) {
                prop_assert!(balances && sum(transfer.entries()) == 0);
            }
        }
    }
}
