"""A wallet for the browser that announces itself by EIP-6963, whose key lives here and which asks nobody before it signs.

It knows one chain, the hub's, whose node it reaches through `/rpc` as everybody does.
"""

import json
import urllib.request
from typing import Any

from eth_account import Account
from playwright.sync_api import BrowserContext

_SCRIPT = """
(() => {
  const provider = {
    request: async ({ method, params }) => {
      const answer = JSON.parse(await window.softWallet(method, JSON.stringify(params ?? [])));
      if ("error" in answer) throw Object.assign(new Error(answer.error.message), { code: answer.error.code });
      return answer.result;
    },
  };
  const info = { uuid: "6f0c2d1e-0000-4000-8000-000000000001", name: "Soft wallet", icon: "", rdns: "test.soft" };
  const announce = () => window.dispatchEvent(
    new CustomEvent("eip6963:announceProvider", { detail: Object.freeze({ info, provider }) }));
  window.addEventListener("eip6963:requestProvider", announce);
  announce();
})();
"""


class SoftWallet:
    """`address` is checksummed. `refusing` makes it answer as a wallet does whose owner says no."""

    def __init__(self, hub_url: str, key: bytes) -> None:
        self.account = Account.from_key(key)
        self.address: str = self.account.address
        self.url = f"{hub_url}/rpc"
        self.refusing = False
        self.asked: list[str] = []

    def install(self, context: BrowserContext) -> None:
        context.expose_function("softWallet", self.answer)
        context.add_init_script(_SCRIPT)

    def answer(self, method: str, parameters: str) -> str:
        self.asked.append(method)
        asks = method in {"eth_requestAccounts", "eth_signTypedData_v4", "eth_sendTransaction"}
        if asks and self.refusing:
            return json.dumps({"error": {"code": 4001, "message": "User rejected the request."}})
        try:
            return json.dumps({"result": self._do(method, json.loads(parameters))})
        except RuntimeError as error:
            return json.dumps({"error": {"code": -32603, "message": str(error)}})

    def _do(self, method: str, parameters: list[Any]) -> Any:
        if method in {"eth_requestAccounts", "eth_accounts"}:
            return [self.address]
        if method == "wallet_switchEthereumChain":
            return None
        if method == "eth_signTypedData_v4":
            signed = self.account.sign_typed_data(full_message=json.loads(parameters[1]))
            return "0x" + signed.signature.hex().removeprefix("0x")
        if method == "eth_sendTransaction":
            return self._send(parameters[0])
        return self.rpc(method, *parameters)

    def _send(self, wanted: dict[str, str]) -> str:
        price = 2 * int(self.rpc("eth_gasPrice"), 16)
        transaction = {
            "to": wanted["to"],
            "data": wanted["data"],
            "value": int(wanted["value"], 16),
            "gas": int(wanted["gas"], 16),
            "gasPrice": price,
            "nonce": int(self.rpc("eth_getTransactionCount", self.address, "latest"), 16),
            "chainId": int(self.rpc("eth_chainId"), 16),
        }
        raw = self.account.sign_transaction(transaction).raw_transaction
        return str(self.rpc("eth_sendRawTransaction", "0x" + raw.hex().removeprefix("0x")))

    def rpc(self, method: str, *parameters: Any) -> Any:
        """Ask the node. RuntimeError when it refuses."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}).encode()
        request = urllib.request.Request(self.url, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            found = json.loads(answer.read())
        if "error" in found:
            raise RuntimeError(found["error"]["message"])
        return found["result"]

    def balance_of(self, token: str) -> int:
        """Tokens, in wei, by `balanceOf` of an ERC-20."""
        data = "0x70a08231" + self.address[2:].lower().rjust(64, "0")
        return int(self.rpc("eth_call", {"to": token, "data": data}, "latest"), 16)
