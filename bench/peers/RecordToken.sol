// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {ERC721URIStorage} from "@openzeppelin/contracts/token/ERC721/extensions/ERC721URIStorage.sol";

/// @notice What anchors are measured beside: every record a token of its own, as hubs on chains mint them.
contract RecordToken is ERC721 {
    uint256 private _next;

    constructor() ERC721("Record", "REC") {}

    function mint(address to) external {
        _mint(to, ++_next);
    }
}

/// @notice The same with an address of the record's description in storage.
contract RecordTokenWithAddress is ERC721URIStorage {
    uint256 private _next;

    constructor() ERC721("Record", "REC") {}

    function mint(address to, string calldata uri) external {
        _mint(to, ++_next);
        _setTokenURI(_next, uri);
    }
}
