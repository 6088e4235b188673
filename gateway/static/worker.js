// The verifier's own thread. Its modules are named here so that they are fetched at once, instead of as one names the next.

import "./verifier/bytes.js";
import "./verifier/certificates.js";
import "./verifier/closure.js";
import "./verifier/msgpack.js";
import "./verifier/proof.js";
import "./verifier/records.js";
import "./verifier/shapes.js";
import "./verifier/signatures.js";
import "./verifier/trees.js";
import { verifyBundle } from "./bundle.js";
import { Fault, Unable } from "./verifier/fault.js";

/** What went wrong, in a form that reaches the page's thread. */
function told(error) {
  if (error instanceof Fault) return { fault: [error.kind, error.where, error.reason] };
  return { failed: String(error.message), unable: error instanceof Unable };
}

addEventListener("message", ({ data: [number, ...given] }) => {
  verifyBundle(...given).then(
    (found) => postMessage([number, { found }]),
    (error) => postMessage([number, told(error)]),
  );
});
postMessage("ready");
