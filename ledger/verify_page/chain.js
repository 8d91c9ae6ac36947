// What a node says about the contract and the anchor; docs/log-format.md, section 10.
import { fromNumber, hex, join, same, toNumber, unhex, utf8 } from "./bytes.js";
import { knownRoot } from "./checks.js";
import { keccak256, sha256 } from "./hashes.js";
import { Refused, Unanswered } from "./report.js";

// Asks an Ethereum JSON-RPC endpoint over HTTP. This is the only place where the page uses the network.
export function httpRpc(url) {
  if (!/^https?:\/\//.test(url)) throw new Unanswered("{url} is not an http or https address", { url });
  return async (method, params) => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    const headers = { "Content-Type": "application/json" };
    let answer;
    try {
      const signal = AbortSignal.timeout(20_000);
      answer = await (await fetch(url, { method: "POST", body, headers, signal, credentials: "omit" })).json();
    } catch (problem) {
      throw new Unanswered("the node at {url} could not be asked: {problem}", { url, problem: problem.message });
    }
    if (typeof answer !== "object" || answer === null || !("result" in answer)) {
      throw new Unanswered("the node refused {method}: {answer}", { method, answer: JSON.stringify(answer).slice(0, 200) });
    }
    return answer.result;
  };
}

// A node's answer in another form than Ethereum's.
class Nonsense extends Error {}

function bytesOf(text) {
  if (typeof text !== "string" || !/^0x([0-9a-f]{2})*$/i.test(text)) throw new Nonsense();
  return unhex(text.slice(2));
}

function quantity(text) {
  if (typeof text !== "string" || !/^0x[0-9a-f]+$/i.test(text)) throw new Nonsense();
  return BigInt(text);
}

function field(record, name) {
  if (typeof record !== "object" || record === null || !Object.hasOwn(record, name)) throw new Nonsense();
  return record[name];
}

export async function checkChain(report, bundle, head, contract, url) {
  if (url === null) {
    if (contract !== null && !report.trusted) {
      const text = "Only the chain can say who may anchor in that contract: name a node that you trust.";
      report.add("chain", null, text);
    }
    return;
  }
  try {
    const rpc = httpRpc(url);
    await checkContractState(report, bundle, head, rpc);
    if (bundle.anchor !== null) await checkTransaction(report, bundle.anchor, rpc);
    if (contract !== null && !report.checks.some((check) => check.passed === false)) report.trusted = true;
  } catch (problem) {
    const nonsense = problem instanceof Nonsense || problem instanceof TypeError;
    report.reject("chain", nonsense ? new Unanswered("the node's answer makes no sense") : problem);
  }
}

async function checkContractState(report, bundle, head, rpc) {
  const { operator, anchor, origin } = bundle;
  const chain = quantity(await rpc("eth_chainId", []));
  if (chain !== operator.chainId) {
    const text = "the node is on chain {chain}, the log is anchored on chain {anchored}";
    throw new Refused(text, { chain, anchored: operator.chainId });
  }
  const call = async (signature, argument = new Uint8Array(0)) => {
    const data = `0x${hex(join(keccak256(utf8(signature)).slice(0, 4), argument))}`;
    return bytesOf(await rpc("eth_call", [{ to: `0x${hex(operator.contract)}`, data }, "latest"]));
  };
  if (!same(await call("origin()"), sha256(utf8(origin)))) {
    throw new Refused("the contract is not there, or belongs to another log");
  }
  const address = join(new Uint8Array(12), operator.address);
  if (toNumber(await call("everOperator(address)", address)) !== 1n) {
    throw new Refused("the contract never knew {operator} as its operator", { operator: `0x${hex(operator.address)}` });
  }
  const answer = await call("head()");
  const size = toNumber(answer.slice(0, 32)), root = knownRoot(bundle, head, size);
  if (anchor !== null && size < anchor.size) {
    throw new Refused("the contract's head is at {size} entries, below the anchor in the bundle", { size });
  }
  if (root !== null && !same(root, answer.slice(32, 64))) {
    throw new Refused("the contract's head of {size} entries is of another history", { size });
  }
  const text =
    root !== null
      ? "The contract belongs to this log, knows the operator, and its head stands at {size} entries, where it has the same root."
      : "The contract belongs to this log, knows the operator, and its head stands at {size} entries, a size whose root is not proved here.";
  report.add("chain", true, text, { size });
  if (toNumber(await call("equivocated(address)", address))) {
    const warning = "Warning: the contract holds proof that this operator once signed two contradicting histories.";
    report.add("equivocated", null, warning);
  }
}

async function checkTransaction(report, anchor, rpc) {
  const { transaction, block: number } = anchor;
  const receipt = await rpc("eth_getTransactionReceipt", [transaction]);
  if (receipt === null) throw new Refused("the chain has no transaction {transaction}", { transaction });
  const block = await rpc("eth_getBlockByNumber", [`0x${number.toString(16)}`, false]);
  const hash = field(receipt, "blockHash"), stands = block !== null && field(block, "hash") === hash && hash === anchor.blockHash;
  if (!stands || quantity(field(receipt, "blockNumber")) !== number || quantity(field(receipt, "status")) !== 1n) {
    throw new Refused("transaction {transaction} does not stand in block {block} of the chain", { transaction, block: number });
  }
  if (!field(receipt, "logs").some((log) => isAnchoredEvent(log, anchor))) {
    throw new Refused("transaction {transaction} anchored something else", { transaction });
  }
  const depth = quantity(await rpc("eth_blockNumber", [])) - number + 1n;
  const text = "The transaction stands in block {block}, {depth} blocks deep, and anchored exactly that root.";
  report.add("transaction", true, text, { block: number, depth });
}

// `Anchored(uint64 indexed size, bytes32 root, uint64 previousSize)` of that contract, with this size and root.
function isAnchoredEvent(log, anchor) {
  const topics = [keccak256(utf8("Anchored(uint64,bytes32,uint64)")), fromNumber(anchor.size, 32)];
  return (
    same(bytesOf(field(log, "address")), anchor.contract) &&
    same(join(...field(log, "topics").map(bytesOf)), join(...topics)) &&
    same(bytesOf(field(log, "data")).slice(0, 32), anchor.root)
  );
}
