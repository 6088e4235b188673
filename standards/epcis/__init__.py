"""EPCIS 2.0 (GS1, ratified June 2022; ISO/IEC 19987): documents and events of partners, read, checked, hashed and
mapped.

reading and xml_reading turn hostile bytes into plain values; document says what events they hold; schema and
semantics find what is wrong with them; hashing tells the event hash of CBV 2.0 section 8.9. mapping turns an event
into the trace record it stands for, and exporting a record into an event. Nothing here opens a file of a caller, a
socket, or fetches an address.
"""
