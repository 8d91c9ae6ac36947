// Wallets in the browser: found by EIP-6963 (window.ethereum when none announces itself), asked through EIP-1193.
// A form with data-wallet-bind gets a signature; a place with data-wallet-claim sends the transaction that its data names.
// The server wrote what is signed and sent; here only the chosen address is put into it.
const REFUSED = 4001;
const UNKNOWN_CHAIN = 4902;
const ALREADY_OPEN = -32002;
const RECEIPT_TRIES = 60;

const providers = new Map();
const lists = [];

function addProvider(key, name, icon, provider) {
  if (providers.has(key)) return;
  providers.set(key, provider);
  for (const add of lists) add(key, name, icon);
}

window.addEventListener("eip6963:announceProvider", ({ detail }) => {
  addProvider(detail.info.uuid, detail.info.name, detail.info.icon, detail.provider);
});

function codeOf(error) {
  return error?.code ?? error?.data?.originalError?.code;
}

class Place {
  constructor(root, act) {
    this.root = root;
    this.words = root.querySelector("[data-wallets]").dataset;
    this.state = root.querySelector("[data-wallet-state]");
    this.list = root.querySelector("[data-wallet-list]");
    this.act = act;
    lists.push((key, name, icon) => this.add(key, name, icon));
  }

  say(text) {
    this.state.textContent = text;
  }

  add(key, name, icon) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    if (icon?.startsWith("data:image/")) {
      const image = document.createElement("img");
      image.src = icon;
      image.alt = "";
      button.append(image);
    }
    button.append(`${this.words.use} ${name}`);
    button.addEventListener("click", () => this.run(button, providers.get(key)));
    this.list.append(button);
    this.say("");
  }

  async run(button, provider) {
    button.disabled = true;
    button.setAttribute("aria-busy", "true");
    try {
      await this.act(this, provider);
    } catch (error) {
      this.say(this.problem(error));
    } finally {
      button.disabled = false;
      button.removeAttribute("aria-busy");
    }
  }

  problem(error) {
    switch (codeOf(error)) {
      case REFUSED: return this.words.refused;
      case UNKNOWN_CHAIN: return this.words.unknown;
      case ALREADY_OPEN: return this.words.open;
      default: return `${this.words.failed} ${error?.message ?? error}`;
    }
  }
}

async function accounts(provider) {
  return (await provider.request({ method: "eth_requestAccounts" })).map((each) => each.toLowerCase());
}

// A wallet signs and sends for the chain that it is on. One that it does not know is added, if everybody may use its node.
async function onChain(provider, chain) {
  try {
    await provider.request({ method: "wallet_switchEthereumChain", params: [{ chainId: chain.chainId }] });
  } catch (error) {
    if (codeOf(error) !== UNKNOWN_CHAIN || !chain.rpcUrls) throw error;
    await provider.request({ method: "wallet_addEthereumChain", params: [chain] });
  }
}

async function bind(place, provider) {
  const form = place.root;
  const box = form.elements.understood;
  if (!box.checked) {
    place.say(form.dataset.tick);
    box.focus();
    return;
  }
  const [wallet] = await accounts(provider);
  await onChain(provider, JSON.parse(form.dataset.chain));
  const typed = JSON.parse(form.dataset.typed);
  typed.message.wallet = wallet;
  place.say(form.dataset.signing);
  const signature = await provider.request({ method: "eth_signTypedData_v4", params: [wallet, JSON.stringify(typed)] });
  const signed = { wallet, signature, nonce: typed.message.nonce, deadline: typed.message.deadline };
  for (const [name, value] of Object.entries(signed)) form.elements[name].value = value;
  place.say(form.dataset.sending);
  form.requestSubmit();
}

async function receipt(provider, hash) {
  for (let tries = 0; tries < RECEIPT_TRIES; tries++) {
    const found = await provider.request({ method: "eth_getTransactionReceipt", params: [hash] });
    if (found) return found;
    await new Promise((wake) => setTimeout(wake, 2000));
  }
  return null;
}

async function claim(place, provider) {
  const wanted = place.root.dataset;
  // Anybody may send it, so any account will do; the bound one is the one that people expect.
  const found = await accounts(provider);
  const from = found.includes(wanted.from.toLowerCase()) ? wanted.from.toLowerCase() : found[0];
  await onChain(provider, JSON.parse(wanted.chain));
  place.say(wanted.signing);
  const gas = `0x${Number(wanted.gas).toString(16)}`;
  const transaction = { from, to: wanted.to, data: wanted.data, gas, value: "0x0" };
  const hash = await provider.request({ method: "eth_sendTransaction", params: [transaction] });
  place.say(wanted.sent);
  const mined = await receipt(provider, hash);
  if (!mined) return;
  place.say(mined.status === "0x1" ? wanted.done : wanted.reverted);
}

for (const form of document.querySelectorAll("[data-wallet-bind]")) new Place(form, bind);
for (const box of document.querySelectorAll("[data-wallet-claim]")) new Place(box, claim);

if (lists.length) {
  window.dispatchEvent(new Event("eip6963:requestProvider"));
  setTimeout(() => {
    if (!providers.size && window.ethereum) addProvider("window", "window.ethereum", "", window.ethereum);
    if (providers.size) return;
    for (const place of document.querySelectorAll("[data-wallets]")) {
      place.querySelector("[data-wallet-state]").textContent = place.dataset.none;
    }
  }, 300);
}
