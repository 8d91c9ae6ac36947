"""A wallet for tests: announced by EIP-6963, its key in the test, its chain the hub's own at `/rpc`."""

import json
import urllib.request
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.address import to_checksum_address
from playwright.sync_api import BrowserContext

ANNOUNCE = """
(() => {
  const provider = {
    request: async (call) => {
      const answer = await window.testWallet(call);
      if (answer.error) throw Object.assign(new Error(answer.error.message), { code: answer.error.code });
      return answer.result;
    },
  };
  const info = {
    uuid: "8f6f0b1e-7a53-4f0e-9f43-5a1d3f0c7b10", name: "Test wallet", icon: "data:image/svg+xml,<svg/>", rdns: "test.wallet",
  };
  const announce = () => window.dispatchEvent(
    new CustomEvent("eip6963:announceProvider", { detail: Object.freeze({ info, provider }) }));
  window.addEventListener("eip6963:requestProvider", announce);
  announce();
})();
"""
REFUSED, UNKNOWN_CHAIN = 4001, 4902


class Wallet:
    """One key. `refuses` holds methods that its owner says no to; `asked` is what pages asked for, in order."""

    def __init__(self, context: BrowserContext, site: str, key: str) -> None:
        self.site = site
        self.holder: LocalAccount = Account.from_key(key)
        self.asked: list[str] = []
        self.refuses: set[str] = set()
        self.chains: set[str] = set()
        context.expose_function("testWallet", self._answer)
        context.add_init_script(ANNOUNCE)

    @property
    def address(self) -> str:
        return str(self.holder.address).lower()

    def _answer(self, call: dict[str, Any]) -> dict[str, Any]:
        method, params = call["method"], call.get("params") or []
        self.asked.append(method)
        if method in self.refuses:
            return {"error": {"code": REFUSED, "message": "User rejected the request."}}
        if method == "wallet_switchEthereumChain" and params[0]["chainId"] not in self.chains:
            return {"error": {"code": UNKNOWN_CHAIN, "message": "Unrecognized chain."}}
        return {"result": self._do(method, params)}

    def _do(self, method: str, params: list[Any]) -> Any:
        if method in {"eth_requestAccounts", "eth_accounts"}:
            # Checksummed, as wallets report it.
            return [self.holder.address]
        if method == "wallet_addEthereumChain":
            self.chains.add(params[0]["chainId"])
            return None
        if method == "wallet_switchEthereumChain":
            return None
        if method == "eth_signTypedData_v4":
            signed = Account.sign_typed_data(self.holder.key, full_message=json.loads(params[1]))
            return "0x" + signed.signature.hex().removeprefix("0x")
        if method == "eth_sendTransaction":
            return self._send(params[0])
        return self.rpc(method, *params)

    def _send(self, wanted: dict[str, str]) -> Any:
        fee = int(self.rpc("eth_gasPrice"), 16)
        # A page may leave the gas to the wallet.
        gas = wanted.get("gas") or self.rpc("eth_estimateGas", {**wanted, "from": self.holder.address})
        signed = self.holder.sign_transaction(
            {
                "to": to_checksum_address(wanted["to"]),
                "data": bytes.fromhex(wanted["data"][2:]),
                "value": 0,
                "gas": int(gas, 16),
                "maxFeePerGas": 2 * fee,
                "maxPriorityFeePerGas": 0,
                "nonce": int(self.rpc("eth_getTransactionCount", self.holder.address, "latest"), 16),
                "chainId": int(self.rpc("eth_chainId"), 16),
            }
        )
        return self.rpc("eth_sendRawTransaction", "0x" + signed.raw_transaction.hex().removeprefix("0x"))

    def tokens_of(self, token: str, account: str) -> int:
        """Tokens of any account, in wei, by `balanceOf` of an ERC-20."""
        data = "0x70a08231" + account[2:].lower().rjust(64, "0")
        return int(self.rpc("eth_call", {"to": token, "data": data}, "latest"), 16)

    def rpc(self, method: str, *params: Any) -> Any:
        """Over the site, as a wallet that added the embedded chain does."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}).encode()
        request = urllib.request.Request(f"{self.site}/rpc", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            found = json.loads(answer.read())
        if "error" in found:
            raise AssertionError(found["error"])
        return found["result"]
