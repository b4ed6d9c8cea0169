# frozen_string_literal: true

# The messages of rack-session 2's Encryptor, by the format that its documentation gives, with OpenSSL alone:
#
#   V1: urlsafe_base64(1 + salt (32) + iv (16) + AES-256-CTR + HMAC-SHA256 of all before it and the purpose)
#   V2: base64(2 + salt (32) + iv (12) + tag (16) + AES-256-GCM), associated data: 2 + salt + purpose
#   text: the length of the padding (2 bytes, little endian), the padding, the serialized session

require "json"
require "openssl"

class DocumentedEncryptor
  def initialize(secret, purpose: nil, json: false)
    @messages, @signing = secret.b[0, 32], secret.b[32..]
    @purpose = purpose.to_s.b
    @format = json ? JSON : Marshal
  end

  def encrypt(version, session)
    text = pad(@format.dump(session).b)
    salt = OpenSSL::Random.random_bytes(32)
    cipher = cipher(version).encrypt
    cipher.key = key(salt)
    iv = cipher.random_iv
    head = [version].pack("C") + salt
    if version == 1
      message = head + iv + cipher.update(text) + cipher.final
      [message + sign(message)].pack("m0").tr("+/", "-_")
    else
      cipher.auth_data = head + @purpose
      ciphertext = cipher.update(text) + cipher.final
      [head + iv + cipher.auth_tag(16) + ciphertext].pack("m0")
    end
  end

  # The version and the session; nil if the message is not of this secret and purpose.
  def decrypt(value)
    message = value.tr("-_", "+/").unpack1("m0")
    version = message.getbyte(0)
    salt = message[1, 32]
    cipher = cipher(version).decrypt
    cipher.key = key(salt)
    if version == 1
      signed, code = message[0...-32], message[-32..]
      return unless OpenSSL.fixed_length_secure_compare(sign(signed), code)
      cipher.iv = signed[33, 16]
      text = cipher.update(signed[49..]) + cipher.final
    else
      cipher.iv = message[33, 12]
      cipher.auth_tag = message[45, 16]
      cipher.auth_data = message[0, 33] + @purpose
      text = cipher.update(message[61..]) + cipher.final
    end
    [version, @format.load(text[(2 + text.unpack1("v"))..])]
  rescue OpenSSL::Cipher::CipherError
    nil
  end

  private

  def cipher(version) = OpenSSL::Cipher.new({ 1 => "aes-256-ctr", 2 => "aes-256-gcm" }.fetch(version))

  def key(salt) = OpenSSL::HMAC.digest("SHA256", @messages, salt)

  def sign(message) = OpenSSL::HMAC.digest("SHA256", @signing, message + @purpose)

  def pad(serialized)
    length = 32 - (2 + serialized.bytesize) % 32
    [length].pack("v") + OpenSSL::Random.random_bytes(length) + serialized
  end
end
