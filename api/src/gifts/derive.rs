//! Ids that follow from a gift's id, so that a repeat after any crash is the same transfer.

use domain::id::{GiftId, TransferId};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// RFC 9562 version 8: the first 16 bytes of SHA-256 over the purpose and the gift's id.
fn derived(purpose: &str, gift: GiftId) -> TransferId {
    let digest = Sha256::new().chain_update(purpose).chain_update(gift.uuid()).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    bytes[6] = 0x80 | (bytes[6] & 0x0f);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    TransferId::from_uuid(Uuid::from_bytes(bytes))
}

/// The transfer that pays a gift.
pub(super) fn payment(gift: GiftId) -> TransferId {
    derived("headwater payment", gift)
}

/// The transfer that takes the payment of a gift back.
pub(super) fn refund(gift: GiftId) -> TransferId {
    derived("headwater refund", gift)
}

/// What was asked for, in hex: the same key must ask for the same.
pub(crate) fn fingerprint(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    crate::guest_sessions::create::hex(&hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payment_and_refund_of_a_gift_are_two_transfers_and_always_the_same() {
        let [one, other] = [1, 2].map(|number| GiftId::from_uuid(Uuid::from_u128(number)));
        assert_eq!(payment(one), payment(one));
        assert_ne!(payment(one), payment(other));
        assert_ne!(payment(one), refund(one));
        assert_eq!(payment(one).uuid().get_version_num(), 8);
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(fingerprint(&["ab", "c"]), fingerprint(&["a", "bc"]));
        assert_eq!(fingerprint(&["ab"]).len(), 64);
    }
}
