//! Topic management. In: FCM's `topicSubscriptions` calls and the older IID calls. Out: subscriptions of devices. Next:
//! `devices::topics` keeps them, `send::deliver` fans out. Held by `tests/it/topics.rs`.

mod legacy;
mod subscription;
mod subscriptions;

pub(crate) use legacy::{batch_add, batch_remove, show_info};
pub(crate) use subscription::{parse_topic, subscribe, unsubscribe};
pub(crate) use subscriptions::{
    create_subscription, delete_subscription, get_subscription, list_subscriptions, patch_subscription,
};
