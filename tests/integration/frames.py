#!/usr/bin/env python3
"""Send frames that a well-behaved guest would not, through eth0 of the network namespace it runs in.

  frames.py KIND OWN-MAC OWN-ADDRESS4 OWN-ADDRESS6 VICTIM-ADDRESS4 VICTIM-ADDRESS6
"""
import ipaddress
import socket
import struct
import sys

BROADCAST = b"\xff" * 6
ALL_NODES = b"\x33\x33\x00\x00\x00\x01"
ALL_NODES_IP = ipaddress.ip_address("ff02::1").packed


def packed(text):
    return ipaddress.ip_address(text).packed


def mac_of(text):
    return bytes.fromhex(text.replace(":", ""))


def link_local(mac):
    return packed("fe80::") [:8] + bytes([mac[0] ^ 2]) + mac[1:3] + b"\xff\xfe" + mac[3:]


def ethernet(to, source, kind, payload):
    return to + source + struct.pack("!H", kind) + payload


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def arp(operation, mac, ip, target_mac, target_ip):
    return struct.pack("!HHBBH", 1, 0x0800, 6, 4, operation) + mac + ip + target_mac + target_ip


def ipv4(source, to, protocol, payload):
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0, 64, protocol, 0) + source + to
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def ipv6(source, to, protocol, payload):
    return struct.pack("!IHBB", 6 << 28, len(payload), protocol, 255) + source + to + payload


def icmpv6(source, to, kind, body):
    message = struct.pack("!BBH", kind, 0, 0) + body
    pseudo = source + to + struct.pack("!II", len(message), 58)
    return ipv6(source, to, 58, message[:2] + struct.pack("!H", checksum(pseudo + message)) + message[4:])


def udp(source_port, port, payload):
    return struct.pack("!HHHH", source_port, port, 8 + len(payload), 0) + payload


def frames(mac, own4, own6, victim4, victim6):
    other = b"\x02\x00\x00\x00\x09\x09"
    advert = b"\x20\0\0\0" + victim6 + b"\x02\x01" + mac
    router = b"\x40\0" + struct.pack("!HII", 1800, 0, 0) + b"\x01\x01" + mac
    everyone4 = b"\xff" * 4
    return {
        "arp-claim": ethernet(BROADCAST, mac, 0x0806, arp(2, mac, victim4, BROADCAST, victim4)),
        "arp-request": ethernet(BROADCAST, mac, 0x0806, arp(1, mac, victim4, b"\0" * 6, victim4)),
        "arp-other-mac": ethernet(BROADCAST, mac, 0x0806, arp(2, other, own4, BROADCAST, own4)),
        "arp-odd": ethernet(BROADCAST, mac, 0x0806, struct.pack("!HHBBH", 6, 0x0800, 255, 4, 2) + mac),
        "nd-claim": ethernet(ALL_NODES, mac, 0x86DD, icmpv6(own6, ALL_NODES_IP, 136, advert)),
        "nd-claim-local": ethernet(ALL_NODES, mac, 0x86DD, icmpv6(link_local(mac), ALL_NODES_IP, 136, advert)),
        "nd-redirect": ethernet(ALL_NODES, mac, 0x86DD, icmpv6(link_local(mac), ALL_NODES_IP, 137, b"\0" * 4 + own6 + victim6)),
        "ra": ethernet(ALL_NODES, mac, 0x86DD, icmpv6(link_local(mac), ALL_NODES_IP, 134, router)),
        "ra-hop-by-hop": ethernet(ALL_NODES, mac, 0x86DD, hop_by_hop(icmpv6(link_local(mac), ALL_NODES_IP, 134, router))),
        "dhcp-offer": ethernet(BROADCAST, mac, 0x0800, ipv4(own4, everyone4, 17, udp(67, 68, b"\2\1\6\0" + b"\0" * 236))),
        "dhcp-discover": ethernet(BROADCAST, mac, 0x0800, ipv4(b"\0" * 4, everyone4, 17, udp(68, 67, b"\1\1\6\0" + b"\0" * 236))),
        "dhcp6-reply": ethernet(ALL_NODES, mac, 0x86DD, ipv6(link_local(mac), ALL_NODES_IP, 17, udp(547, 546, b"\7\0\0\1"))),
        "other-address": ethernet(BROADCAST, mac, 0x0800, ipv4(victim4, everyone4, 17, udp(9, 9, b"x"))),
        "other-address6": ethernet(ALL_NODES, mac, 0x86DD, icmpv6(victim6, ALL_NODES_IP, 128, b"\0" * 4)),
        "other-mac": ethernet(BROADCAST, other, 0x0800, ipv4(own4, everyone4, 17, udp(9, 9, b"x"))),
        "vlan": ethernet(BROADCAST, mac, 0x8100, b"\0\2\x08\0" + ipv4(own4, everyone4, 17, udp(9, 9, b"x"))),
        "bpdu": ethernet(b"\x01\x80\xc2\0\0\0", mac, 38, b"\x42\x42\x03" + b"\0" * 35),
        "lldp-other-mac": ethernet(b"\x01\x80\xc2\0\0\x0e", other, 0x88CC, b"\0" * 46),
        "jumbo": ethernet(BROADCAST, mac, 0x0800, ipv4(own4, everyone4, 17, udp(9, 9, b"x" * 8000))),
        "empty-ip": ethernet(BROADCAST, mac, 0x0800, b"\x45"),
    }


def hop_by_hop(packet):
    options = bytes([58, 0, 1, 4, 0, 0, 0, 0])
    length = struct.unpack("!H", packet[4:6])[0] + len(options)
    return packet[:4] + struct.pack("!HB", length, 0) + packet[7:40] + options + packet[40:]


def main():
    kind, mac, *addresses = sys.argv[1:]
    frame = frames(mac_of(mac), *map(packed, addresses))[kind]
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sock.bind(("eth0", 0))
    for _ in range(3):
        try:
            sock.send(frame)
        except OSError as error:
            print(f"the kernel did not send it: {error}", file=sys.stderr)


main()
