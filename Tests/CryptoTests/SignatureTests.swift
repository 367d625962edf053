import Testing

@testable import Crypto

@Suite struct SignatureTests {
    /// RFC 4231, test cases 1, 2, 6.
    @Test(arguments: [
        (
            [UInt8](repeating: 0x0b, count: 20), "Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), "what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            [UInt8](repeating: 0xaa, count: 131), "Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
    ])
    func `HMAC agrees with the standard's examples`(key: [UInt8], message: String, code: String) throws {
        #expect(try hex(hmacSHA256(Array(message.utf8), key: key)) == code)
    }

    /// Computed with Python's hmac.
    @Test func `an empty key and an empty message are allowed`() throws {
        let code = "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"
        #expect(try hex(hmacSHA256([], key: [])) == code)
    }

    /// RFC 8032 section 7.1, tests 1, 2, 3.
    @Test(arguments: [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
                + "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
                + "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ])
    func `Ed25519 agrees with the standard's examples`(
        seed: String,
        publicKey: String,
        message: String,
        signature: String
    ) throws {
        let key = try Ed25519PrivateKey(seed: bytes(hex: seed))
        #expect(try hex(key.publicKey()) == publicKey)
        #expect(try hex(key.sign(bytes(hex: message))) == signature)
        var signed = bytes(hex: signature)
        #expect(isEd25519Signature(signed, of: bytes(hex: message), by: bytes(hex: publicKey)))
        #expect(!isEd25519Signature(signed, of: bytes(hex: message + "00"), by: bytes(hex: publicKey)))
        signed[5] ^= 1
        #expect(!isEd25519Signature(signed, of: bytes(hex: message), by: bytes(hex: publicKey)))
    }

    @Test func `a key of another length is refused`() {
        #expect(throws: CryptoError.invalidKey(expected: "the 32-byte seed of an Ed25519 key")) {
            try Ed25519PrivateKey(seed: [1, 2, 3])
        }
        #expect(!isEd25519Signature([], of: [], by: []))
    }

    @Test func `equality in constant time is equality`() {
        #expect(isEqualInConstantTime([], []))
        #expect(isEqualInConstantTime([1, 2, 3], [1, 2, 3]))
        #expect(!isEqualInConstantTime([1, 2, 3], [1, 2, 4]))
        #expect(!isEqualInConstantTime([1, 2, 3], [1, 2]))
    }

    @Test func `random bytes differ from call to call`() throws {
        #expect(try randomBytes(0) == [])
        #expect(try randomBytes(32).count == 32)
        #expect(try randomBytes(32) != randomBytes(32))
    }

    /// RFC 4648 section 10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func `base64 agrees with the standard's examples`(plain: String, text: String) {
        #expect(base64(Array(plain.utf8)) == text)
        #expect(bytes(base64: text) == Array(plain.utf8))
    }

    @Test func `base64 there and back gives every byte string`() throws {
        for count in 0..<100 {
            let random = try randomBytes(count)
            #expect(bytes(base64: base64(random)) == random)
        }
    }

    @Test(arguments: ["Z", "Zg", "Zg=", "Zh==", "Zm9=", "Zm9v\n", "Zm 9", "====", "Zg==Zg==", "Zm-_"])
    func `text that is not strictly base64 is refused`(text: String) {
        #expect(bytes(base64: text) == nil)
    }
}

private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

private func bytes(hex text: String) -> [UInt8] {
    let digits = Array(text)
    return stride(from: 0, to: digits.count, by: 2).compactMap {
        UInt8(String(digits[$0...$0 + 1]), radix: 16)
    }
}
