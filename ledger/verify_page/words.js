// The page's words: for each sentence in English the same in Japanese and in Simplified Chinese.

export const LANGUAGES = { en: "English", ja: "日本語", "zh-Hans": "简体中文" };

const WORDS = {
  // --- what was found ----------------------------------------------------------------------------
  "{refusal}.": ["{refusal}。", "{refusal}。"],
  "The bundle is whole: no byte differs from what {origin} (key {key}) signed.": [
    "バンドルは完全です。{origin}（鍵 {key}）が署名したものと1バイトも違いません。",
    "证明包完整无缺：与 {origin}（密钥 {key}）签名的内容没有一个字节不同。",
  ],
  "The checkpoint of {size} entries is signed by the log and by {operator}, who anchors for contract {contract} on chain {chain}.": [
    "{size}件のエントリのチェックポイントに、台帳と {operator} が署名しています。後者はチェーン {chain} のコントラクト {contract} にアンカーする者です。",
    "{size} 个条目的检查点由日志和 {operator} 签名；后者在链 {chain} 的合约 {contract} 中锚定。",
  ],
  "All entries in the bundle ({count}) are in the log: each inclusion proof leads to the checkpoint's root.": [
    "バンドルのすべてのエントリ（{count}件）は台帳にあります。どの包含証明もチェックポイントのルートに至ります。",
    "证明包中的全部条目（{count} 个）都在日志中：每个包含证明都通向检查点的根。",
  ],
  "The words that people wrote ({disclosed} groups) are those that were logged; {withheld} groups are erased or not disclosed here.": [
    "人が書いた言葉（{disclosed}組）は記録されたものと同じです。{withheld}組は消去されたか、ここでは開示されていません。",
    "人们写下的文字（{disclosed} 组）就是当时记录的；另有 {withheld} 组已抹除或未在此披露。",
  ],
  "The revisions ({revisions}) and directories ({trees}) are those whose digests the entries name; {complete} of the revisions with every file listed.": [
    "版（{revisions}個）とディレクトリ（{trees}個）は、エントリがダイジェストで示すものと同じです。すべてのファイルが載っている版は{complete}個です。",
    "版本（{revisions} 个）和目录（{trees} 个）就是条目以摘要指明的那些；其中 {complete} 个版本列出了全部文件。",
  ],
  "{file} is, byte for byte, {path} of revision {revision}, published by entry {index}.": [
    "{file} は、エントリ{index}が公開した版 {revision} の {path} と1バイトも違いません。",
    "{file} 与条目 {index} 所发布的版本 {revision} 中的 {path} 逐字节相同。",
  ],
  "Nothing here says that these entries were anchored on a chain yet.": [
    "これらのエントリがチェーンにアンカーされたとは、まだどこにも書かれていません。",
    "这里还没有任何内容表明这些条目已锚定到链上。",
  ],
  "The log says that transaction {transaction} in block {block} anchored its first {size} entries; the checkpoint extends that tree, and {under} of the {count} entries here are in it.": [
    "台帳によれば、ブロック{block}のトランザクション {transaction} が最初の{size}件のエントリをアンカーしました。チェックポイントはその木を延ばしたもので、ここにある{count}件のうち{under}件がその木にあります。",
    "日志称区块 {block} 中的交易 {transaction} 锚定了最初的 {size} 个条目；检查点延续了那棵树，这里的 {count} 个条目中有 {under} 个在其中。",
  ],
  "The log key is the one you trust.": ["台帳の鍵は、あなたが信頼するものです。", "日志公钥就是你信任的那一个。"],
  "The log anchors in the contract you named.": [
    "台帳はあなたが挙げたコントラクトにアンカーしています。",
    "日志锚定在你指明的合约中。",
  ],
  "Your saved checkpoint of {size} entries shows the same history.": [
    "保存してあった{size}件のチェックポイントは、同じ履歴を示しています。",
    "你保存的 {size} 个条目的检查点显示的是同一段历史。",
  ],
  "Your saved checkpoint of {size} entries is by the same log key. No proof between that size and {head} was given, so whether one extends the other was not compared.": [
    "保存してあった{size}件のチェックポイントは同じ台帳の鍵によるものです。{head}件との間の証明がないので、一方が他方を延ばしたものかどうかは比べていません。",
    "你保存的 {size} 个条目的检查点出自同一把日志公钥。没有给出它与 {head} 之间的证明，因此未比较二者是否前后相续。",
  ],
  "Your saved checkpoint of {size} entries is of the same history: {later} entries extend {old}.": [
    "保存してあった{size}件のチェックポイントは同じ履歴のものです。{later}件の履歴は{old}件の履歴を延ばしたものです。",
    "你保存的 {size} 个条目的检查点属于同一段历史：{later} 个条目延续了 {old} 个条目。",
  ],
  "The checkpoint is cosigned by {seen} of the {named} witnesses that you named: {listed}.": [
    "あなたが挙げた証人{named}名のうち{seen}名が、このチェックポイントに連署しています：{listed}。",
    "你指明的 {named} 位见证者中有 {seen} 位联署了此检查点：{listed}。",
  ],
  "{name} ({moment})": ["{name}（{moment}）", "{name}（{moment}）"],
  "{date} {time} UTC": ["{date} {time} UTC", "{date} {time} UTC"],
  "second {seconds}": ["{seconds}秒目", "第 {seconds} 秒"],
  "Only the chain can say who may anchor in that contract: name a node that you trust.": [
    "だれがそのコントラクトにアンカーできるかは、チェーンにしかわかりません。信頼するノードを挙げてください。",
    "谁可以在该合约中锚定，只有链能回答：请指明一个你信任的节点。",
  ],
  "The contract belongs to this log, knows the operator, and its head stands at {size} entries, where it has the same root.": [
    "コントラクトはこの台帳のもので、運用者を知っています。その先端は{size}件のところにあり、ルートも同じです。",
    "合约属于此日志，认得运营者；其最新位置在 {size} 个条目处，那里的根相同。",
  ],
  "The contract belongs to this log, knows the operator, and its head stands at {size} entries, a size whose root is not proved here.": [
    "コントラクトはこの台帳のもので、運用者を知っています。その先端は{size}件のところにあります。その大きさでのルートは、ここでは証明されていません。",
    "合约属于此日志，认得运营者；其最新位置在 {size} 个条目处，该大小的根在此没有证明。",
  ],
  "Warning: the contract holds proof that this operator once signed two contradicting histories.": [
    "注意：この運用者が矛盾する2つの履歴に署名したことの証明を、コントラクトが持っています。",
    "警告：合约中存有证据，表明该运营者曾签署两段相互矛盾的历史。",
  ],
  "The transaction stands in block {block}, {depth} blocks deep, and anchored exactly that root.": [
    "トランザクションはブロック{block}にあり（深さ{depth}ブロック）、まさにそのルートをアンカーしました。",
    "交易在区块 {block} 中，深度为 {depth} 个区块，所锚定的正是那个根。",
  ],

  // --- the answer --------------------------------------------------------------------------------
  "Verified: every record in this bundle is in the log you trust.": [
    "検証済み：このバンドルのすべての記録は、あなたが信頼する台帳にあります。",
    "已验证：此证明包中的每条记录都在你信任的日志中。",
  ],
  "Verified: this checkpoint is by the log you trust.": [
    "検証済み：このチェックポイントは、あなたが信頼する台帳のものです。",
    "已验证：此检查点出自你信任的日志。",
  ],
  "Refused: do not rely on this bundle.": ["拒否：このバンドルに頼らないでください。", "已拒绝：不要依赖此证明包。"],
  "Refused: do not rely on this checkpoint.": [
    "拒否：このチェックポイントに頼らないでください。",
    "已拒绝：不要依赖此检查点。",
  ],
  "Consistent, but not with whom: nothing you gave says which log to trust. Get the log key from somewhere other than this bundle and check again with it.": [
    "矛盾はありませんが、だれのものかはわかりません。どの台帳を信頼するかを示すものが与えられていません。このバンドル以外のところから台帳の鍵を手に入れ、それを使ってもう一度検証してください。",
    "前后一致，但不知是谁的：你给出的内容没有说明该信任哪个日志。请从此证明包以外的地方取得日志公钥，再用它检查一次。",
  ],
  "Not checked: something you asked for could not be looked at.": [
    "未検証：求められたことのうち、調べられないものがありました。",
    "未检查：你要求的某些内容无法查看。",
  ],

  // --- what a proof cannot show ------------------------------------------------------------------
  "That a record is proved does not make it true: the proof shows that it is the one that was logged, and unchanged.": [
    "記録が証明されても、内容が真実とは限りません。証明が示すのは、それが記録されたもので、変わっていないということです。",
    "记录得到证明并不等于内容属实：证明只表明它就是当时记录的那一条，且未被改动。",
  ],
  "Only what the bundle holds is proved. It cannot show that nothing else happened.": [
    "証明されるのはバンドルにあるものだけです。ほかに何も起きなかったことは示せません。",
    "只有证明包中的内容得到证明。它无法表明没有发生别的事。",
  ],
  "acct: names are pseudonyms. The log does not say which person stands behind one.": [
    "acct: で始まる名は仮名です。だれのものかは台帳に書かれていません。",
    "acct: 开头的名字是化名。日志不说明其背后是谁。",
  ],
  "Times are the hub's word. The block of an anchor shows only that everything under it existed by then.": [
    "時刻はハブの言い分です。アンカーのブロックが示すのは、その下のすべてがその時までに存在したことだけです。",
    "时间是站点自己的说法。锚定所在的区块只表明其下的一切在那时已经存在。",
  ],
  "Until an anchor is final, or witnesses that both know have cosigned, two readers can be shown different histories.": [
    "アンカーが確定するか、双方の知る証人が連署するまでは、2人の読み手に違う履歴が示されることもありえます。",
    "在锚定最终确认之前，或在双方都认识的见证者联署之前，两位读者看到的历史可能不同。",
  ],
  "An anchor is worth what its chain is worth. A chain that the hub runs by itself shows the mechanism, not the guarantee.": [
    "アンカーの値打ちはチェーンの値打ちと同じです。ハブが自分だけで動かすチェーンは仕組みを示せますが、保証にはなりません。",
    "锚定的分量取决于它所在的链。由站点自己运行的链只演示机制，不构成保证。",
  ],

  // --- refusals: the file ------------------------------------------------------------------------
  "a file of more than {most} bytes is no bundle": [
    "{most}バイトを超えるファイルはバンドルではありません",
    "超过 {most} 字节的文件不是证明包",
  ],
  "the file is not UTF-8 text": ["ファイルがUTF-8のテキストではありません", "文件不是 UTF-8 文本"],
  "the file is neither a bundle nor a checkpoint": [
    "ファイルがバンドルでもチェックポイントでもありません",
    "文件既不是证明包也不是检查点",
  ],
  "the signed text is not one line": ["署名されたテキストが1行ではありません", "签名的文本不是一行"],
  "the file is not an {format}": ["ファイルが {format} ではありません", "文件不是 {format}"],
  "JSON nested deeper than {most}": ["JSONの入れ子が{most}段より深くなっています", "JSON 嵌套超过 {most} 层"],
  "JSON that has no canonical form": ["正規形のないJSONです", "没有规范形式的 JSON"],
  "the number {number} is not an integer": ["数 {number} が整数ではありません", "数 {number} 不是整数"],
  "an integer that not every JSON reader keeps exact": [
    "JSONの読み手によっては正確に扱えない整数です",
    "并非所有 JSON 读取程序都能精确保存的整数",
  ],
  "{what} is not JSON": ["{what}がJSONではありません", "{what}不是 JSON"],
  "{what} is not in its canonical form": ["{what}が正規形ではありません", "{what}不是规范形式"],
  "{what} has other members than the format says": ["{what}の項目が形式の定めと違います", "{what}的成员与格式规定不符"],
  "{what} should be a list": ["{what}はリストでなければなりません", "{what}应为列表"],
  "{what} should be text": ["{what}はテキストでなければなりません", "{what}应为文本"],
  "{what} should be a whole number": ["{what}は0以上の整数でなければなりません", "{what}应为非负整数"],
  "{what} should be {digits} hexadecimal digits": ["{what}は16進{digits}桁でなければなりません", "{what}应为 {digits} 位十六进制数字"],
  "{what} should begin with 0x": ["{what}は0xで始まらなければなりません", "{what}应以 0x 开头"],
  "{what} is not a signed note": ["{what}が署名付きノートではありません", "{what}不是签名笔记"],
  "{what} holds control characters": ["{what}に制御文字が含まれています", "{what}含有控制字符"],
  "{what} has a malformed signature line": ["{what}に形の崩れた署名の行があります", "{what}含有格式错误的签名行"],
  "{what} has a signature line without a signature": ["{what}に署名のない署名の行があります", "{what}含有没有签名的签名行"],
  "{what} holds malformed base64": ["{what}に正しくないbase64があります", "{what}含有格式错误的 base64"],
  "{what} holds base64 that is not in its canonical form": [
    "{what}に正規形でないbase64があります",
    "{what}含有非规范形式的 base64",
  ],
  "a verifier key whose key id does not belong to it": ["鍵IDの合わない検証鍵です", "密钥标识与验证密钥不符"],
  "the operator key is not of the type akashi-eip712-head": [
    "運用者の鍵の種類が akashi-eip712-head ではありません",
    "运营者的公钥不是 akashi-eip712-head 类型",
  ],
  "a checkpoint is three lines: origin, size, root": [
    "チェックポイントは3行（起点、大きさ、ルート）でなければなりません",
    "检查点应为三行：起源、大小、根",
  ],
  "a checkpoint with a size or root out of range": [
    "チェックポイントの大きさかルートが範囲を外れています",
    "检查点的大小或根超出范围",
  ],
  "an entry is longer than 65,535 bytes": ["65,535バイトより長いエントリがあります", "有条目超过 65,535 字节"],
  "an entry of an unknown format": ["未知の形式のエントリがあります", "有未知格式的条目"],

  // --- refusals: signatures, entries, revisions --------------------------------------------------
  "the keys are not named after the origin": ["鍵の名が起点と合いません", "密钥的名称与起源不符"],
  "the bundle is not signed by its log key, and by that alone": [
    "バンドルの署名が、その台帳の鍵によるもの1つだけではありません",
    "证明包并非只由其日志公钥签名",
  ],
  "the signature does not fit: the bundle was changed after the log signed it, or never signed": [
    "署名が合いません。台帳が署名した後に変えられたか、署名されていないバンドルです",
    "签名不符：证明包在日志签名之后被改动，或从未被签名",
  ],
  "the log key is not an Ed25519 key": ["台帳の鍵がEd25519の鍵ではありません", "日志公钥不是 Ed25519 公钥"],
  "the checkpoint is of another log": ["チェックポイントが別の台帳のものです", "检查点属于另一个日志"],
  "the checkpoint is not signed by the log": ["チェックポイントに台帳の署名がありません", "检查点没有日志的签名"],
  "the checkpoint is not signed by the anchoring operator": [
    "チェックポイントに、アンカーする運用者の署名がありません",
    "检查点没有负责锚定的运营者的签名",
  ],
  "the checkpoint is not signed by a log key that you trust": [
    "チェックポイントに、あなたが信頼する台帳の鍵の署名がありません",
    "检查点没有你所信任的日志公钥的签名",
  ],
  "a checkpoint carries no keys: give both lines that the log serves as /log/key": [
    "チェックポイントには鍵が含まれません。台帳が /log/key で出す2行を両方入れてください",
    "检查点不带公钥：请给出日志在 /log/key 提供的两行",
  ],
  "the keys you gave do not say who anchors: give both lines that the log serves as /log/key": [
    "入れられた鍵からは、だれがアンカーするのかがわかりません。台帳が /log/key で出す2行を両方入れてください",
    "你给出的公钥没有说明由谁锚定：请给出日志在 /log/key 提供的两行",
  ],
  "not a verifier key string: {vkey}": ["検証鍵の文字列ではありません：{vkey}", "不是验证密钥字符串：{vkey}"],
  "the entries are not in the order of the log": ["エントリが台帳の順に並んでいません", "条目没有按日志的顺序排列"],
  "a tree of {size} leaves has no leaf {index}": ["葉が{size}枚の木に、葉{index}はありません", "有 {size} 片叶的树没有第 {index} 片叶"],
  "the inclusion proof of entry {index} is too long": ["エントリ{index}の包含証明が長すぎます", "条目 {index} 的包含证明过长"],
  "the inclusion proof of entry {index} is too short": ["エントリ{index}の包含証明が短すぎます", "条目 {index} 的包含证明过短"],
  "entry {index} is not in the log under this checkpoint": [
    "エントリ{index}は、このチェックポイントの台帳にありません",
    "条目 {index} 不在此检查点之下的日志中",
  ],
  "the words in {group} of entry {index} are not those that were logged": [
    "エントリ{index}の {group} の言葉が、記録されたものと違います",
    "条目 {index} 中 {group} 的文字与当时记录的不同",
  ],
  "tree {digest} belongs to no revision in the bundle": [
    "木 {digest} がバンドルのどの版にも属していません",
    "树 {digest} 不属于证明包中的任何版本",
  ],
  "tree {digest} has another digest than its name": ["木 {digest} のダイジェストが名と違います", "树 {digest} 的摘要与其名称不同"],
  "{what} is not a directory with each name once and in order": [
    "{what}は、名が1つずつ順に並んだディレクトリではありません",
    "{what}不是名称唯一且有序的目录",
  ],
  "a tree's member has no proper name or type": ["木の項目の名か種類が正しくありません", "树的成员没有正确的名称或类型"],
  "the directory {name} is not as large as tree {digest} says": [
    "ディレクトリ {name} の大きさが、木 {digest} の言うものと違います",
    "目录 {name} 的大小与树 {digest} 所述不符",
  ],
  "directories are nested deeper than {most}": ["ディレクトリの入れ子が{most}段より深くなっています", "目录嵌套超过 {most} 层"],
  "revision {name} has another digest than its name": ["版 {name} のダイジェストが名と違います", "版本 {name} 的摘要与其名称不同"],
  "revision {name} is not a revision object": ["版 {name} が版のオブジェクトではありません", "版本 {name} 不是版本对象"],
  "revision {name} and the entry that published it disagree": [
    "版 {name} と、それを公開したエントリが食い違っています",
    "版本 {name} 与发布它的条目不一致",
  ],
  "the files of revision {name} are not as many or as large as it says": [
    "版 {name} のファイルの数か大きさが、版の言うものと違います",
    "版本 {name} 的文件数量或大小与其所述不符",
  ],
  "no entry in the bundle publishes revision {name}": [
    "版 {name} を公開するエントリがバンドルにありません",
    "证明包中没有条目发布版本 {name}",
  ],
  "the file {file} has the digest of {path} in entry {index}, but not its size": [
    "ファイル {file} のダイジェストはエントリ{index}の {path} と同じですが、大きさが違います",
    "文件 {file} 的摘要与条目 {index} 中的 {path} 相同，但大小不同",
  ],
  "the file {file} was not found, but the bundle does not list every file of {hidden} revisions": [
    "ファイル {file} は見つかりませんでしたが、{hidden}個の版についてはすべてのファイルがバンドルに載っていません",
    "没有找到文件 {file}，但证明包没有列出其中 {hidden} 个版本的全部文件",
  ],
  "the file {file} is in none of the revisions in the bundle ({count})": [
    "ファイル {file} は、バンドルの版（{count}個）のどれにもありません",
    "文件 {file} 不在证明包的任何版本（{count} 个）中",
  ],
  "a checkpoint lists no files: give a bundle": [
    "チェックポイントにはファイルが載っていません。バンドルを選んでください",
    "检查点不列出文件：请给出证明包",
  ],

  // --- refusals: anchor and trust ----------------------------------------------------------------
  "the anchor is on another chain or contract than the operator signs for": [
    "アンカーのチェーンかコントラクトが、運用者の署名の対象と違います",
    "锚定所在的链或合约与运营者签名所针对的不同",
  ],
  "the checkpoint does not extend the anchored tree": [
    "チェックポイントが、アンカーされた木を延ばしたものではありません",
    "检查点没有延续已锚定的树",
  ],
  "the bundle is by another log key than the one you trust: {key}": [
    "バンドルの台帳の鍵が、あなたが信頼するものと違います：{key}",
    "证明包出自另一把日志公钥，而不是你信任的那一把：{key}",
  ],
  "the log anchors in another contract than yours: {contract}": [
    "台帳は、あなたが挙げたものとは別のコントラクトにアンカーしています：{contract}",
    "日志锚定在另一个合约中，而不是你指明的那个：{contract}",
  ],
  "your saved checkpoint is by another log key": [
    "保存してあったチェックポイントは別の台帳の鍵によるものです",
    "你保存的检查点出自另一把日志公钥",
  ],
  "the signature on your saved checkpoint does not fit {what}'s log key": [
    "保存してあったチェックポイントの署名が、{what}の台帳の鍵と合いません",
    "你保存的检查点上的签名与{what}的日志公钥不符",
  ],
  "the log signed two different histories of {size} entries: this file's and your saved checkpoint's. Keep both files: together they prove it": [
    "台帳は、{size}件の異なる2つの履歴に署名しています。このファイルのものと、保存してあったチェックポイントのものです。両方のファイルを残してください。合わせるとその証明になります",
    "日志对 {size} 个条目签署了两段不同的历史：此文件的和你保存的检查点的。请保留两个文件：合在一起即可证明此事",
  ],
  "the proof does not show that the history of {later} entries extends that of {old}": [
    "{later}件の履歴が{old}件の履歴を延ばしたものであることを、証明が示していません",
    "证明没有表明 {later} 个条目的历史延续了 {old} 个条目的历史",
  ],
  "a consistency proof leads from a saved checkpoint: give that too": [
    "一貫性証明は保存したチェックポイントから始まります。それも選んでください",
    "一致性证明从保存的检查点出发：请一并给出",
  ],
  "the witness keys that you gave are not distinct keys for cosignature/v1": [
    "入れられた証人の鍵が、互いに異なる cosignature/v1 の鍵ではありません",
    "你给出的见证者公钥不是互不相同的 cosignature/v1 公钥",
  ],
  "of {named} witnesses that you named, {needed} cannot be asked for": [
    "挙げられた証人は{named}名なので、{needed}名を求めることはできません",
    "你指明了 {named} 位见证者，无法要求 {needed} 位",
  ],
  "only {seen} of the {needed} witnesses that you ask for cosigned, and not {missing}": [
    "求められた証人{needed}名のうち{seen}名しか連署していません。連署がないのは {missing} です",
    "你要求 {needed} 位见证者，只有 {seen} 位联署，缺少 {missing}",
  ],
  "the cosignature of {name} does not fit this checkpoint": [
    "{name} の連署がこのチェックポイントと合いません",
    "{name} 的联署与此检查点不符",
  ],

  // --- refusals: the chain -----------------------------------------------------------------------
  "{url} is not an http or https address": ["{url} は http または https のアドレスではありません", "{url} 不是 http 或 https 地址"],
  "the node at {url} could not be asked: {problem}": [
    "ノード {url} に尋ねられませんでした：{problem}",
    "无法询问节点 {url}：{problem}",
  ],
  "the node refused {method}: {answer}": ["ノードが {method} を拒みました：{answer}", "节点拒绝了 {method}：{answer}"],
  "the node's answer makes no sense": ["ノードの答えが意味をなしません", "节点的回答没有意义"],
  "the node is on chain {chain}, the log is anchored on chain {anchored}": [
    "ノードはチェーン {chain} のものですが、台帳はチェーン {anchored} にアンカーされています",
    "节点在链 {chain} 上，而日志锚定在链 {anchored} 上",
  ],
  "the contract is not there, or belongs to another log": [
    "コントラクトがそこにないか、別の台帳のものです",
    "合约不在那里，或属于另一个日志",
  ],
  "the contract never knew {operator} as its operator": [
    "コントラクトは {operator} を運用者としたことがありません",
    "合约从未把 {operator} 视为运营者",
  ],
  "the contract's head is at {size} entries, below the anchor in the bundle": [
    "コントラクトの先端は{size}件のところで、バンドルのアンカーより手前です",
    "合约的最新位置在 {size} 个条目处，低于证明包中的锚定",
  ],
  "the contract's head of {size} entries is of another history": [
    "コントラクトの{size}件の先端は別の履歴のものです",
    "合约在 {size} 个条目处的最新状态属于另一段历史",
  ],
  "the chain has no transaction {transaction}": ["チェーンにトランザクション {transaction} がありません", "链上没有交易 {transaction}"],
  "transaction {transaction} does not stand in block {block} of the chain": [
    "トランザクション {transaction} がチェーンのブロック{block}にありません",
    "交易 {transaction} 不在链的区块 {block} 中",
  ],
  "transaction {transaction} anchored something else": [
    "トランザクション {transaction} がアンカーしたのは別のものです",
    "交易 {transaction} 锚定的是别的内容",
  ],

  // --- parts of a file ---------------------------------------------------------------------------
  "the file": ["ファイル", "文件"],
  "the bundle": ["バンドル", "证明包"],
  "the checkpoint": ["チェックポイント", "检查点"],
  "a checkpoint": ["チェックポイント", "检查点"],
  "the saved checkpoint": ["保存したチェックポイント", "保存的检查点"],
  "the consistency proof": ["一貫性証明", "一致性证明"],
  "a consistency proof": ["一貫性証明", "一致性证明"],
  "an inclusion proof": ["包含証明", "包含证明"],
  "a verifier key": ["検証鍵", "验证密钥"],
  "the log key": ["台帳の鍵", "日志公钥"],
  "the operator key": ["運用者の鍵", "运营者的公钥"],
  "the origin": ["起点", "起源"],
  "the entries": ["エントリの一覧", "条目列表"],
  "an entry": ["エントリ", "条目"],
  "an entry of the bundle": ["バンドルのエントリ", "证明包的条目"],
  "an entry's index": ["エントリの番号", "条目的编号"],
  "an entry's {name}": ["エントリの {name} ", "条目的 {name} "],
  "an entry's data": ["エントリのデータ", "条目的数据"],
  "an entry's details": ["エントリの詳細", "条目的详情"],
  "the details of an entry": ["エントリの詳細", "条目的详情"],
  "a details group": ["詳細の組", "详情组"],
  "a details digest": ["詳細のダイジェスト", "详情的摘要"],
  "the group {group}": ["組 {group} ", "组 {group} "],
  "the group {group} of entry {index}": ["エントリ{index}の組 {group} ", "条目 {index} 的组 {group} "],
  "the salts": ["ソルトの一覧", "盐列表"],
  "a salt": ["ソルト", "盐"],
  "a repository": ["リポジトリ", "仓库"],
  "a revision": ["版", "版本"],
  "revision {name}": ["版 {name} ", "版本 {name} "],
  "the counts of revision {name}": ["版 {name} の数", "版本 {name} 的计数"],
  "the root tree of revision {name}": ["版 {name} の根の木", "版本 {name} 的根树"],
  "a tree": ["木", "树"],
  "tree {digest}": ["木 {digest} ", "树 {digest} "],
  "a tree's member": ["木の項目", "树的成员"],
  "a tree member's digest": ["木の項目のダイジェスト", "树成员的摘要"],
  "a tree member's size": ["木の項目の大きさ", "树成员的大小"],
  "a name": ["名", "名称"],
  "the digest of {what}": ["{what}のダイジェスト", "{what}的摘要"],
  "the anchor": ["アンカー", "锚定"],
  "a chain id": ["チェーンID", "链 ID"],
  "a contract address": ["コントラクトのアドレス", "合约地址"],
  "a transaction hash": ["トランザクションのハッシュ", "交易哈希"],
  "a block number": ["ブロックの番号", "区块编号"],
  "a block hash": ["ブロックのハッシュ", "区块哈希"],
  "an anchored size": ["アンカーされた大きさ", "锚定的大小"],
  "an anchored root": ["アンカーされたルート", "锚定的根"],

  // --- entries -----------------------------------------------------------------------------------
  "{moment}  {act}{number}{quotes}, {subject}, by {actor}": [
    "{moment}  {act}{number}{quotes}、{subject}、{actor}",
    "{moment}  {act}{number}{quotes}，{subject}，{actor}",
  ],
  "log created": ["台帳の開始", "日志创建"],
  "log succeeded": ["台帳の引き継ぎ", "日志接续"],
  "account registered": ["アカウントの登録", "账户注册"],
  "account erased": ["アカウントの消去", "账户抹除"],
  "organisation created": ["組織の作成", "组织创建"],
  "membership changed": ["所属の変更", "成员变更"],
  "reviewer granted": ["レビュー担当の任命", "评审员任命"],
  "reviewer revoked": ["レビュー担当の解任", "评审员撤销"],
  "wallet bound": ["ウォレットの結び付け", "钱包绑定"],
  "wallet rebinding": ["ウォレットの結び直し", "钱包改绑"],
  "wallet released": ["ウォレットの解放", "钱包解绑"],
  "repository created": ["リポジトリの作成", "仓库创建"],
  "repository renamed": ["リポジトリの改名", "仓库改名"],
  "repository transferred": ["リポジトリの移譲", "仓库转移"],
  "repository visibility changed": ["リポジトリの公開範囲の変更", "仓库可见性变更"],
  "repository withdrawn": ["リポジトリの取り下げ", "仓库撤回"],
  "ownership agreed": ["持ち分の合意", "所有权约定"],
  "revision published": ["版の公開", "版本发布"],
  "reference moved": ["参照の移動", "引用移动"],
  "file scanned": ["ファイルの検査", "文件扫描"],
  "openness changed": ["公開度の変更", "开放度变更"],
  "contribution opened": ["貢献の提案", "贡献提出"],
  "contribution updated": ["貢献の更新", "贡献更新"],
  "contribution joined": ["共同作者の同意", "合作者同意"],
  "contribution withdrawn": ["貢献の取り下げ", "贡献撤回"],
  "contribution accepted": ["貢献の受け入れ", "贡献接受"],
  "contribution declined": ["貢献の却下", "贡献拒绝"],
  "contribution appealed": ["貢献についての異議", "贡献申诉"],
  "review submitted": ["レビューの提出", "评审提交"],
  "work submitted": ["成果の提出", "成果提交"],
  "assessment made": ["評価", "评估"],
  "attestation made": ["証明の発行", "证明签发"],
  "attestation revoked": ["証明の取り消し", "证明撤销"],
  "content redacted": ["内容の墨消し", "内容遮盖"],
  "content taken down": ["内容の削除", "内容下架"],
  "policy set": ["規則の決定", "规则设定"],
  "epoch closed": ["エポックの締め切り", "周期结束"],
  "distribution proposed": ["分配の提案", "分配提出"],
  "distribution challenged": ["分配への異議", "分配质疑"],
  "distribution cancelled": ["分配の取り消し", "分配取消"],
  "distribution finalized": ["分配の確定", "分配确定"],

  // --- the page ----------------------------------------------------------------------------------
  "Check a bundle without the hub": ["ハブなしでバンドルを検証する", "不依赖站点检查证明包"],
  "This page works from your disk. Nothing that you choose here leaves it; only a node that you name below is asked about its chain.": [
    "このページは手元のディスクで動きます。ここで選んだものはどこにも送られません。下で挙げたノードにだけ、そのチェーンについて尋ねます。",
    "此页面从你的磁盘运行。你在此选择的内容不会发送到任何地方；只会向你在下方指明的节点询问其链上的情况。",
  ],
  "Skip to the content": ["本文へ移動", "跳到正文"],
  "Language": ["言語", "语言"],
  "The file": ["ファイル", "文件"],
  "Drop a bundle or a checkpoint here": ["バンドルかチェックポイントをここにドロップ", "把证明包或检查点拖到这里"],
  "A bundle from a history page or an entry, or what a log serves as /log/checkpoint.": [
    "履歴のページやエントリのバンドル、または台帳が /log/checkpoint で出すもの。",
    "历史页面或条目的证明包，或日志在 /log/checkpoint 提供的内容。",
  ],
  "Choose a file": ["ファイルを選ぶ", "选择文件"],
  "Chosen: {file}, {size} bytes": ["選んだファイル：{file}、{size}バイト", "已选择：{file}，{size} 字节"],
  "What you trust already": ["すでに信頼しているもの", "你已经信任的内容"],
  "A file cannot vouch for its own keys. Take these from your notes, from people you know, or from a checkpoint that you saved long ago, not from whoever handed you the file.": [
    "ファイルは自分の鍵を保証できません。手元の控え、知っている人、以前に保存したチェックポイントなどから取ってください。ファイルを渡した相手から取ってはいけません。",
    "文件无法为自己的密钥作保。请从你的笔记、你认识的人或你早先保存的检查点取得这些内容，而不要从给你文件的人那里取得。",
  ],
  "Log key": ["台帳の鍵", "日志公钥"],
  "What the log serves as /log/key: one or both lines. A checkpoint alone needs both.": [
    "台帳が /log/key で出すもの。1行でも2行でもかまいません。チェックポイントだけの場合は2行とも必要です。",
    "日志在 /log/key 提供的内容：一行或两行。单独的检查点需要两行。",
  ],
  "Contract": ["コントラクト", "合约"],
  "The address at which the log anchors.": ["台帳がアンカーするアドレス。", "日志锚定所在的地址。"],
  "Node": ["ノード", "节点"],
  "The address of an Ethereum node that you trust, to ask about contract and anchor. It must let pages from a disk ask (CORS).": [
    "コントラクトとアンカーについて尋ねる、信頼するイーサリアムのノードのアドレス。ディスク上のページからの問い合わせを許すもの（CORS）でなければなりません。",
    "你信任的以太坊节点的地址，用来询问合约和锚定。它须允许来自磁盘页面的请求（CORS）。",
  ],
  "Saved checkpoints and witnesses": ["保存したチェックポイントと証人", "保存的检查点与见证者"],
  "Checkpoint that you saved earlier": ["以前に保存したチェックポイント", "你早先保存的检查点"],
  "Consistency proof between the two checkpoints": ["2つのチェックポイントの間の一貫性証明", "两个检查点之间的一致性证明"],
  "What a log answers at /api/v1/checkpoints/<size>?from=<smaller size>; needed where the bundle has no proof.": [
    "台帳が /api/v1/checkpoints/<大きさ>?from=<小さい方> で答えるもの。バンドルに証明がない場合に必要です。",
    "日志在 /api/v1/checkpoints/<大小>?from=<较小的大小> 给出的回答；证明包中没有证明时需要。",
  ],
  "Witnesses": ["証人", "见证者"],
  "Verifier key strings of those who should have cosigned, one a line.": [
    "連署しているはずの証人の検証鍵の文字列。1行に1つ。",
    "应当已联署者的验证密钥字符串，每行一个。",
  ],
  "How many of them suffice": ["そのうち何名で足りるか", "其中多少位即可"],
  "All, when left empty.": ["空のままなら全員。", "留空则为全部。"],
  "Your own files": ["手元のファイル", "你自己的文件"],
  "Files that should be in a revision of the bundle, of any size. They are hashed here.": [
    "バンドルの版に入っているはずのファイル。大きさは問いません。ハッシュはここで計算します。",
    "应当在证明包某个版本中的文件，大小不限。在此处计算哈希。",
  ],
  "Check": ["検証する", "检查"],
  "Checking …": ["検証しています …", "正在检查 …"],
  "Hashing {file} …": ["{file} のハッシュを計算しています …", "正在计算 {file} 的哈希 …"],
  "Hashing": ["ハッシュの計算", "计算哈希"],
  "Choose a file first.": ["先にファイルを選んでください。", "请先选择文件。"],
  "A file could not be read: {problem}": ["ファイルを読めませんでした：{problem}", "无法读取文件：{problem}"],
  "This page failed, which says nothing about the file: {problem}": [
    "このページが失敗しました。ファイルについては何も言えません：{problem}",
    "此页面出错，这并不说明文件有问题：{problem}",
  ],
  "How we know": ["根拠", "依据"],
  "holds:": ["成り立つ：", "成立："],
  "does not hold:": ["成り立たない：", "不成立："],
  "not asked or open:": ["未確認：", "未询问或未定："],
  "What was logged": ["記録されたこと", "记录的内容"],
  "{count} more between these": ["この間にあと{count}件", "中间还有 {count} 条"],
  "What this cannot show": ["ここからはわからないこと", "这无法表明的事"],
};

// The sentence in a language. What has no words here, such as an act that this page does not know, stays as it is.
export function render({ text, values }, language) {
  const place = Object.keys(LANGUAGES).indexOf(language) - 1;
  const words = (Object.hasOwn(WORDS, text) && WORDS[text][place]) || text;
  const shown = words.replace(/\{(\w+)\}/g, (whole, name) => (Object.hasOwn(values, name) ? part(name, values[name], language) : whole));
  // A refusal is written as a part of a sentence; as a whole one it begins with a capital letter.
  return text === "{refusal}." ? shown.charAt(0).toUpperCase() + shown.slice(1) : shown;
}

function part(name, value, language) {
  if (Array.isArray(value)) return value.map((each) => part(name, each, language)).join(language === "en" ? ", " : "、");
  if (typeof value === "object" && value !== null) return render(value, language);
  // `what` is always one of this page's own words.
  return name === "what" ? render({ text: value, values: {} }, language) : String(value);
}
