"""What people call the registry's actions, events and subjects, in Chinese and English."""

from ledger.words import ActionWords, EventWords, Vocabulary

WORDS = Vocabulary(
    actions={
        "registry.register_organisation": ActionWords(("登记机构", "Organisation registered")),
        "registry.set_roles": ActionWords(("变更机构角色", "Roles of an organisation changed")),
        "registry.suspend_organisation": ActionWords(("暂停机构", "Organisation suspended")),
        "registry.restore_organisation": ActionWords(("恢复机构", "Organisation restored")),
        "registry.register_device": ActionWords(
            ("登记设备", "Device registered"), ("登记设备：{device}", "Device registered: {device}")
        ),
        "registry.calibrate_device": ActionWords(
            ("设备校准", "Device calibrated"),
            (
                "校准：{device}，有效期 {valid_from_ms} 至 {valid_to_ms}[（{certificate}）]",
                "Calibrated: {device}, valid from {valid_from_ms} to {valid_to_ms}[ ({certificate})]",
            ),
        ),
        "registry.retire_device": ActionWords(
            ("设备停用", "Device retired"), ("设备停用：{device}", "Taken out of service: {device}")
        ),
        "registry.register_member": ActionWords(("登记成员", "Member registered")),
        "registry.retire_member": ActionWords(("成员退出", "Member left")),
        "registry.add_key": ActionWords(("增加密钥", "Key added")),
        "registry.rotate_key": ActionWords(("轮换密钥", "Key rotated")),
        "registry.revoke_key": ActionWords(("吊销密钥", "Key revoked")),
    },
    events={"roles": EventWords("fact", ("角色由 {0} 改为 {1}", "roles changed from {0} to {1}"))},
    subjects={
        "organisation": ("机构", "organisation"),
        "member": ("成员", "member"),
        "device": ("设备", "device"),
    },
)
