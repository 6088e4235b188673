"""What records say, in Chinese and English: sentences by action, words for its values, and flags by event.

A sentence has `{field}` places over the action's fields as `client/journey.py` words them; an action that is not here
is told by its tag and fields.
"""

Words = tuple[str, str]
"""The same thing in Chinese and in English."""

SENTENCES: dict[str, Words] = {
    "ledger.genesis": ("网络创立", "The network was founded"),
    "ledger.block": ("区块", "A block"),
    "registry.register_device": ("登记设备 {device}", "Device {device} registered"),
    "registry.calibrate_device": (
        "校准设备 {device}，有效期 {valid_from_ms} 至 {valid_to_ms}",
        "Device {device} calibrated, valid from {valid_from_ms} to {valid_to_ms}",
    ),
    "registry.retire_device": ("设备 {device} 停用", "Device {device} taken out of service"),
    "trace.register_plot": ("登记地块 {plot}，{area_m2} 平方米", "Plot {plot} registered, {area_m2} m²"),
    "trace.register_vehicle": ("登记车辆 {vehicle}", "Vehicle {vehicle} registered"),
    "trace.attach_device": ("设备 {device} 安装于 {thing}", "Device {device} attached to {thing}"),
    "trace.detach_device": ("设备 {device} 从 {thing} 拆除", "Device {device} removed from {thing}"),
    "trace.start_planting": (
        "在 {plot} 种下 {crop}（{variety}）；种源：{seed}",
        "{crop} ({variety}) planted on {plot}; seed: {seed}",
    ),
    "trace.end_planting": ("{planting} 种植结束", "{planting} ended"),
    "trace.record_operation": (
        "{operation}：{target}；用品 {input}（{registration}），用量 {dose}，安全间隔期 {safety_interval_days} 天",
        "{operation} on {target}: {input} ({registration}), dose {dose}, safety interval {safety_interval_days} days",
    ),
    "trace.harvest": (
        "从 {planting} 采收批次 {number}，数量 {quantity}",
        "Lot {number} harvested from {planting}, quantity {quantity}",
    ),
    "trace.inspect": ("检验 {target}：{verdict}；{results}", "{target} inspected: {verdict}; {results}"),
    "trace.issue_certificate": (
        "颁发证书 {certificate}（编号 {number}）给 {holder}",
        "Certificate {certificate} (number {number}) issued to {holder}",
    ),
    "trace.revoke_certificate": (
        "撤销证书 {certificate}：{reason}",
        "Certificate {certificate} withdrawn: {reason}",
    ),
    "trace.transform": (
        "分选包装：{inputs} → {outputs}，损耗 {loss} 千克",
        "Sorted and packed: {inputs} → {outputs}, loss {loss} kg",
    ),
    "trace.pack_unit": ("装入 {unit}：{lots} {units}", "Packed into {unit}: {lots} {units}"),
    "trace.unpack_unit": ("从 {unit} 取出：{lots} {units}", "Taken out of {unit}: {lots} {units}"),
    "trace.load": ("装上 {container}：{units} {lots}", "Loaded into {container}: {units} {lots}"),
    "trace.unload": ("从 {container} 卸下：{units} {lots}", "Unloaded from {container}: {units} {lots}"),
    "trace.ship": ("发往 {receiver}（交接单 {shipment}）", "Handed over to {receiver} (shipment {shipment})"),
    "trace.receive": ("收货（交接单 {shipment}）", "Received (shipment {shipment})"),
    "trace.refuse_shipment": ("拒收（交接单 {shipment}）：{reason}", "Refused (shipment {shipment}): {reason}"),
    "trace.destroy": ("销毁 {lot}，数量 {quantity}：{reason}", "{lot} destroyed, quantity {quantity}: {reason}"),
    "trace.recall": ("召回：{reason_zh}", "Recalled: {reason_en}"),
    "trace.recall_spread": ("召回扩展到下游批次", "The recall reached lots made of it"),
    "trace.declare_error": ("声明一条记录有误：{remark}", "A record declared wrong: {remark}"),
    "trace.declare_readings_error": (
        "声明 {device} 的读数有误：{remark}",
        "Readings of {device} declared wrong: {remark}",
    ),
}

VALUES: dict[str, Words] = {
    "fertilise": ("施肥", "Fertilised"),
    "spray": ("喷药", "Sprayed"),
    "irrigate": ("灌溉", "Irrigated"),
    "weed": ("除草", "Weeded"),
    "prune": ("修剪", "Pruned"),
    "thin": ("疏花疏果", "Thinned"),
    "pollinate": ("授粉", "Pollinated"),
    "till": ("耕作", "Tilled"),
    "mulch": ("覆盖", "Mulched"),
    "ventilate": ("通风", "Ventilated"),
    "release_insects": ("释放天敌", "Insects released"),
    "other": ("其他", "Other"),
    "pass": ("合格", "passed"),
    "fail": ("不合格", "failed"),
    "inconclusive": ("无定论", "inconclusive"),
}
"""Words that actions choose from."""

METRICS: dict[str, Words] = {
    "temperature": ("温度", "temperature"),
    "humidity": ("湿度", "humidity"),
    "soil_moisture": ("土壤水分", "soil moisture"),
    "soil_temperature": ("土壤温度", "soil temperature"),
    "illuminance": ("光照", "illuminance"),
    "latitude": ("纬度", "latitude"),
    "longitude": ("经度", "longitude"),
}

UNITS: dict[str, str] = {"CEL": "°C", "P1": "%", "LUX": "lx", "MTR": "m", "DD": "°"}
"""UN/ECE Recommendation 20 codes as people write them; others are shown as they are."""

KINDS: dict[str, Words] = {
    "organisation": ("机构", "organisation"),
    "member": ("成员", "member"),
    "device": ("设备", "device"),
    "product": ("产品", "product"),
    "site": ("场所", "site"),
    "plot": ("地块", "plot"),
    "planting": ("种植", "planting"),
    "lot": ("批次", "lot"),
    "unit": ("箱托", "unit"),
    "vehicle": ("车辆", "vehicle"),
    "certificate": ("证书", "certificate"),
}

FLAGS: dict[str, tuple[bool, str, str]] = {
    "excursion": (
        True,
        "{1} 超出允许范围：{2} 至 {3}，最差 {4}，累计 {6}（{0}）",
        "{1} out of its band from {2} to {3}, worst {4}, {6} in all ({0})",
    ),
    "safety_interval": (
        True,
        "{0} 在 {1} 的安全间隔期内采收（至 {2}）",
        "{0} harvested within the safety interval of {1} (until {2})",
    ),
    "inspection_failed": (True, "{0} 检验不合格", "{0} failed the inspection"),
    "shortage": (True, "{0} 短少 {1}", "{0}: {1} did not arrive"),
    "recalled": (True, "已召回 {0} 个批次", "{0} lots recalled"),
    "declared_wrong": (True, "{0} 被声明有误（{1}）", "{0} declared wrong ({1})"),
    "outlier": (True, "{0} 有 {1} 个读数不可信，最差 {2}", "{1} implausible readings of {0}, worst {2}"),
    "gap": (False, "缺少第 {0} 至 {1} 号读数记录", "reading records {0} to {1} are missing"),
    "gap_given_up": (False, "第 {0} 至 {1} 号读数记录不再补收", "reading records {0} to {1} are given up"),
    "time_gap": (False, "读数中断：{0} 至 {1}", "no readings from {0} to {1}"),
    "late": (False, "第 {0} 号读数记录为补报", "reading record {0} came late"),
    "missing": (False, "{0} 有 {1} 个读数缺失", "{1} readings of {0} are missing"),
    "clock_step": (False, "设备时钟被调整 {1} 毫秒", "the device's clock was set by {1} ms"),
}
"""Event -> (whether it is serious, what it says). Places count the event's fields from 0."""
