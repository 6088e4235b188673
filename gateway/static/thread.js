// Verifying beside the page, which is laid out and answers a finger meanwhile; on the page's own thread in browsers that
// cannot load modules beside it.

import { Fault, Unable } from "./verifier/fault.js";

const waiting = new Map();
const started = start();
let asked = 0;

/** `verifyBundle` of bundle.js. */
export async function verifying(...given) {
  const worker = await started;
  if (!worker) return (await import("./bundle.js")).verifyBundle(...given);
  return new Promise((resolve, reject) => {
    waiting.set(asked, { resolve, reject });
    worker.postMessage([asked++, ...given]);
  });
}

/** The thread, once its modules are there; null where it cannot load them. */
function start() {
  return new Promise((resolve) => {
    try {
      const worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
      worker.onerror = () => {
        resolve(null);
        for (const number of waiting.keys()) settle(number, { failed: "the verifier's thread has ended" });
      };
      worker.onmessage = ({ data }) => {
        if (data === "ready") resolve(worker);
        else settle(...data);
      };
    } catch {
      resolve(null);
    }
  });
}

function settle(number, { found, fault, failed, unable }) {
  const { resolve, reject } = waiting.get(number);
  waiting.delete(number);
  if (fault) reject(new Fault(...fault));
  else if (failed !== undefined) reject(unable ? new Unable(failed) : new Error(failed));
  else resolve(found);
}
