"""What people call the actions, events and subjects of trace, in Chinese and English.

Besides an action's own fields a sentence may use what a client knows from elsewhere in the same proof: of a harvest
`lot` and `goods` (what it is called); of several units packed alike that there are several (`each`); of a receipt or
refusal the `shipper`, `receiver` and goods of its shipment. A true flag shows as nothing and lets its part stand.
"""

from ledger.words import ActionWords, EventWords, Vocabulary, Words

_OPERATION_ZH = (
    "{operation}：{target}[，{input}][（登记号 {registration}）][，用量 {dose}]"
    "[，安全间隔期 {safety_interval_days} 天][；{remark}]"
)
_OPERATION_EN = (
    "{operation} {target}[: {input}][ (reg. {registration})][, dose {dose}]"
    "[, safety interval {safety_interval_days} days][; {remark}]"
)

_THINGS = {
    "trace.register_product": ActionWords(("登记产品", "Product registered")),
    "trace.authorise_producer": ActionWords(("授权生产者", "Producer authorised")),
    "trace.classify_product": ActionWords(
        ("产品归类", "Product classed"),
        (
            "{product} 属于{produce}，须附承诺达标合格证",
            "{product} is classed as {produce}: a certificate of conformity goes with it",
        ),
    ),
    "trace.register_site": ActionWords(("登记场所", "Site registered")),
    "trace.register_plot": ActionWords(
        ("登记地块", "Plot registered"), ("登记地块：{plot}，{area_m2} 平方米", "Plot registered: {plot}, {area_m2} m²")
    ),
    "trace.register_vehicle": ActionWords(
        ("登记车辆", "Vehicle registered"),
        ("登记车辆：{vehicle}[（冷藏{refrigerated}）]", "Vehicle registered: {vehicle}[ (refrigerated{refrigerated})]"),
    ),
    "trace.attach_device": ActionWords(
        ("安装设备", "Device attached"), ("{device} 装到 {thing}", "{device} attached to {thing}")
    ),
    "trace.detach_device": ActionWords(
        ("拆除设备", "Device detached"), ("{device} 从 {thing} 拆下", "{device} removed from {thing}")
    ),
}

_GROWING = {
    "trace.start_planting": ActionWords(
        ("开始种植", "Planting started"),
        ("在 {plot} 种下 {crop}（{variety}）[；种源 {seed}]", "{crop} ({variety}) planted in {plot}[; seed: {seed}]"),
    ),
    "trace.end_planting": ActionWords(("种植结束", "Planting ended"), ("{planting} 清园", "{planting} cleared")),
    "trace.record_operation": ActionWords(
        ("农事操作", "Farm operation"),
        (_OPERATION_ZH, _OPERATION_EN),
    ),
    "trace.harvest": ActionWords(
        ("采收", "Harvested"),
        (
            "采收 {lot}[「{goods}」]：{quantity}（产自 {planting}）",
            "Harvested {lot}[ ({goods})]: {quantity} from {planting}",
        ),
    ),
    "trace.inspect": ActionWords(
        ("检验检测", "Inspected"),
        ("检测 {target}：{verdict}[；{results}][；{remark}]", "{target} tested: {verdict}[; {results}][; {remark}]"),
    ),
    "trace.issue_certificate": ActionWords(
        ("颁发证书", "Certificate issued"),
        (
            "向 {holder} 颁发 {certificate}，有效期 {valid_from_ms} 至 {valid_to_ms}",
            "{certificate} issued to {holder}, valid from {valid_from_ms} to {valid_to_ms}",
        ),
    ),
    "trace.issue_conformity": ActionWords(
        ("承诺达标合格证", "Certificate of conformity"),
        (
            "承诺达标合格证：{lot}，{promise}；依据：{basis}；产地：{place}[；由 {lots} 的合格证换开]",
            "Conformity of {lot}: {promise}; basis: {basis}; origin: {place}[; replaces the certificates of {lots}]",
        ),
    ),
    "trace.revoke_certificate": ActionWords(
        ("撤销证书", "Certificate revoked"), ("撤销 {certificate}[：{reason}]", "{certificate} revoked[: {reason}]")
    ),
}

_HANDLING = {
    "trace.transform": ActionWords(
        ("加工分装", "Processed or repacked"),
        ("分选包装：{inputs} → {outputs}[，损耗 {loss}]", "Sorted and packed: {inputs} → {outputs}[, loss {loss}]"),
    ),
    "trace.pack_unit": ActionWords(
        ("装箱", "Packed"),
        ("装入 {unit}：[各{each} ][{lots} ][{units}]", "Packed into {unit}: [{lots} ][{units} ][each{each}]"),
    ),
    "trace.unpack_unit": ActionWords(
        ("拆箱", "Unpacked"), ("从 {unit} 取出：[{lots} ][{units}]", "Taken out of {unit}: [{lots} ][{units}]")
    ),
    "trace.load": ActionWords(
        ("装载", "Loaded"), ("装入 {container}：[{units} ][{lots}]", "Loaded into {container}: [{units} ][{lots}]")
    ),
    "trace.unload": ActionWords(
        ("卸载", "Unloaded"),
        ("从 {container} 卸下：[{units} ][{lots}]", "Unloaded from {container}: [{units} ][{lots}]"),
    ),
    "trace.ship": ActionWords(
        ("发货", "Shipped"),
        (
            "交出[ {units}][ {lots}]，交给 {receiver}[，由 {vehicle} 承运][，发往 {destination}]（交接单 {shipment}）",
            "Handed over[ {units}][ {lots}] to {receiver}[ by {vehicle}][, bound for {destination}] (note {shipment})",
        ),
    ),
    "trace.receive": ActionWords(
        ("收货", "Received"),
        (
            "收到[ {units}][ {lots}][，来自 {shipper}]（交接单 {shipment}）[；短少 {shortages}][；{remark}]",
            "Received[ {units}][ {lots}][ from {shipper}] (note {shipment})[; short of {shortages}][; {remark}]",
        ),
    ),
    "trace.refuse_shipment": ActionWords(
        ("拒收", "Delivery refused"),
        (
            "拒收或撤回[ {units}][ {lots}][，退回 {shipper}]（交接单 {shipment}）[：{reason}]",
            "Refused or withdrawn[ {units}][ {lots}][, back to {shipper}] (note {shipment})[: {reason}]",
        ),
    ),
    "trace.destroy": ActionWords(
        ("销毁", "Destroyed"), ("销毁 {lot} {quantity}[：{reason}]", "{quantity} of {lot} destroyed[: {reason}]")
    ),
}

_WATCHING = {
    "trace.record_readings": ActionWords(("传感器读数", "Sensor readings")),
    "trace.recall": ActionWords(("召回", "Recalled"), ("召回 {lots}[：{reason_zh}]", "{lots} recalled[: {reason_en}]")),
    "trace.recall_spread": ActionWords(("召回扩展到下游批次", "Recall reached lots made of it")),
    "trace.tell_excursion": ActionWords(("批次超温", "A lot became too warm")),
    "trace.inherit_flag": ActionWords(("瑕疵延及下游批次", "A fault found late reached lots made of it")),
    "trace.declare_error": ActionWords(
        ("声明记录有误", "Record declared wrong"),
        ("声明一条记录有误[：{remark}]", "A record declared wrong[: {remark}]"),
    ),
    "trace.declare_readings_error": ActionWords(
        ("声明读数有误", "Readings declared wrong"),
        ("声明 {device} 的读数有误[：{remark}]", "Readings of {device} declared wrong[: {remark}]"),
    ),
}

_PARTNERS = {
    "trace.assert_event": ActionWords(
        ("EPCIS 事件", "EPCIS event"), ("收到伙伴系统的{kind}[：{step}]", "A partner's {kind} was captured[: {step}]")
    ),
    "trace.state_scans": ActionWords(
        ("扫码统计", "Scans counted"), ("网关 {gateway} 的每日扫码统计", "The gateway {gateway} states a day's scans")
    ),
}

_EVENTS = {
    "not_ruled": EventWords(
        "data", ("未经规则核验：只证明有人这样说过", "not verified by any rule: it only proves who said it")
    ),
    "commissioned": EventWords("fact", ("{0} 的溯源码 {1}", "trace code of {0}: {1}")),
    "excursion": EventWords(
        "goods",
        (
            "{1}超出允许范围：{2} 至 {3}，最差 {4}，累计 {6}（{0}）",
            "{1} out of its band from {2} to {3}, worst {4}, {6} in all ({0})",
        ),
    ),
    "safety_interval": EventWords(
        "goods",
        (
            "{0} 在 {1} 的安全间隔期内采收（间隔期至 {2}）",
            "{0} was harvested within the safety interval of {1} (until {2})",
        ),
    ),
    "inspection_failed": EventWords("goods", ("{0} 检测不合格", "{0} failed the test")),
    "shortage": EventWords("goods", ("{0} 短少 {1}", "{1} of {0} did not arrive")),
    "recalled": EventWords("goods", ("已召回 {0} 个批次", "lots recalled: {0}")),
    "declared_wrong": EventWords("goods", ("{0} 被声明有误（{1}）", "{0} declared wrong ({1})")),
    "outlier": EventWords("data", ("{0}有 {1} 个读数不可信，最差 {2}", "{1} implausible readings of {0}, worst {2}")),
    "not_comparable": EventWords(
        "data", ("{0}的单位 {1} 与允许范围的单位 {2} 无法比较", "{0} in {1} cannot be held against a band in {2}")
    ),
    "not_judged": EventWords(
        "data",
        (
            "{0}内部分货物未能与读数逐一比对（{1} 之前）",
            "not all goods in {0} could be held against the readings before {1}",
        ),
    ),
    "inherited": EventWords(
        "goods", ("{0} 由 {1} 制成，后者事后发现有瑕疵", "{0} was made of {1}, which was found at fault later")
    ),
    "gap": EventWords("data", ("缺少第 {0} 至 {1} 号读数记录", "reading records {0} to {1} are missing")),
    "gap_given_up": EventWords("data", ("第 {0} 至 {1} 号读数记录不再补收", "reading records {0} to {1} are given up")),
    "time_gap": EventWords("data", ("读数中断：{0} 至 {1}", "no readings from {0} to {1}")),
    "late": EventWords("data", ("第 {0} 号读数记录为补报", "reading record {0} came late")),
    "missing": EventWords("data", ("{0}有 {1} 个读数缺失", "{1} readings of {0} are missing")),
    "clock_step": EventWords("data", ("设备时钟被调整 {1} 毫秒", "the device's clock was set by {1} ms")),
}

_SUBJECTS = {
    "product": ("产品", "product"),
    "site": ("场所", "site"),
    "plot": ("地块", "plot"),
    "planting": ("种植", "planting"),
    "lot": ("批次", "lot"),
    "unit": ("箱托", "unit"),
    "vehicle": ("车辆", "vehicle"),
    "certificate": ("证书", "certificate"),
}

_VALUES = {
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
    "release_insects": ("释放天敌", "Insects released in"),
    "other": ("其他", "Other"),
    "pass": ("合格", "passed"),
    "fail": ("不合格", "failed"),
    "inconclusive": ("无定论", "inconclusive"),
    "did_not_occur": ("并未发生", "it did not happen"),
    "incorrect_data": ("数据有误", "its data are wrong"),
    "crate": ("箱", "crate"),
    "box": ("盒", "box"),
    "bag": ("袋", "bag"),
    "pallet": ("托盘", "pallet"),
    "container": ("集装箱", "container"),
    "parcel": ("包裹", "parcel"),
    "organic": ("有机", "organic"),
    "gap": ("良好农业规范", "good agricultural practice"),
    "green": ("绿色食品", "green food"),
    "geographical": ("地理标志", "geographical indication"),
    "quarantine": ("检疫", "quarantine"),
    "laboratory": ("实验室", "laboratory"),
    "calibration": ("校准", "calibration"),
    "licence": ("许可", "licence"),
    "kg": ("kg", "kg"),
    "order_2025_4": (
        "承诺不使用禁用的农药兽药、停用兽药和非法添加物，常规农药兽药残留不超标",
        "no banned pesticides, veterinary drugs or additives used, residues within limits",
    ),
    "quality_control": ("质量安全控制", "quality control"),
    "test_result": ("检测结果", "test results"),
    "vegetables": ("蔬菜（含食用菌）", "vegetables and cultivated fungi"),
    "fruit": ("水果", "fruit"),
    "tea_leaf": ("茶鲜叶", "fresh tea leaf"),
    "livestock": ("畜禽", "livestock and poultry"),
    "eggs": ("禽蛋", "eggs"),
    "aquatic": ("养殖水产品", "farmed aquatic products"),
    "piece": ("件", "pcs"),
}

METRICS: dict[str, Words] = {
    "temperature": ("温度", "temperature"),
    "humidity": ("湿度", "humidity"),
    "soil_moisture": ("土壤水分", "soil moisture"),
    "soil_temperature": ("土壤温度", "soil temperature"),
    "illuminance": ("光照", "illuminance"),
    "latitude": ("纬度", "latitude"),
    "longitude": ("经度", "longitude"),
}
"""Metrics that devices commonly declare."""

UNITS: dict[str, str] = {"CEL": "°C", "P1": "%", "LUX": "lx", "MTR": "m", "DD": "°"}
"""UN/ECE Recommendation 20 codes as people write them."""

_EPCIS = {
    "ObjectEvent": ("对象事件", "object event"),
    "AggregationEvent": ("聚合事件", "aggregation event"),
    "TransactionEvent": ("交易事件", "transaction event"),
    "TransformationEvent": ("转换事件", "transformation event"),
    "AssociationEvent": ("关联事件", "association event"),
    "commissioning": ("赋码", "commissioning"),
    "inspecting": ("检验", "inspecting"),
    "packing": ("装箱", "packing"),
    "unpacking": ("拆箱", "unpacking"),
    "loading": ("装车", "loading"),
    "unloading": ("卸车", "unloading"),
    "shipping": ("发货", "shipping"),
    "transporting": ("运输", "transporting"),
    "arriving": ("到达", "arriving"),
    "departing": ("出发", "departing"),
    "receiving": ("收货", "receiving"),
    "storing": ("入库", "storing"),
    "repackaging": ("分装", "repackaging"),
    "retail_selling": ("零售", "retail selling"),
    "destroying": ("销毁", "destroying"),
    "sensor_reporting": ("传感器报告", "sensor reporting"),
}
"""Types and business steps of captured events; steps without a word of ours are told as they stand."""

WORDS = Vocabulary(
    {**_THINGS, **_GROWING, **_HANDLING, **_WATCHING, **_PARTNERS}, _EVENTS, _SUBJECTS, {**_VALUES, **_EPCIS}
)
