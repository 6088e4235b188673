// What is wrong with a proof: its kind (docs/PROOF.md §11), where, and why.

export const KINDS = {
  encoding: ["编码不正确", "the file is not encoded as it must be"],
  limits: ["超出上限", "the file is larger than a proof may be"],
  chain: ["不属于此链", "it belongs to another chain"],
  certificate: ["检查点证书无效", "the certificate does not hold"],
  claim: ["声明与内容不符", "the content is not that of the claim"],
  leaf: ["记录格式错误", "a record is not what records are"],
  signature: ["记录签名无效", "the signature of a record does not verify"],
  state: ["状态证明不符", "a value is not proven by the certified state"],
  journal: ["日志证明不符", "a journal is not proven by the certified state"],
  completeness: ["有内容缺失或多余", "something is missing, or something is too much"],
  page: ["页面文字与签名记录不符", "the page says something else than the signed records"],
  fresh: ["给出了旧的账本", "an older ledger than you have seen is shown"],
};

export class Fault extends Error {
  constructor(kind, where, reason) {
    super(`${KINDS[kind][1]}: ${reason} at ${where}`);
    this.kind = kind;
    this.where = where;
    this.reason = reason;
  }
}

/** This browser has no means to check a signature: neither its own nor a library. No verdict is given then. */
export class Unable extends Error {}

export function check(condition, kind, where, reason) {
  if (!condition) throw new Fault(kind, where, reason);
}
