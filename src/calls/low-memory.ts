/**
 * Where systems have tables at constant addresses: below 2 GiB, where an instruction can name memory by its address in 32 bits
 * (AMD64 supplement, _code models_), and above what executables with fixed addresses and their heaps usually take.
 */
export const lowTables = 0x7000_0000;
export const lowTablesEnd = 0x7fff_f000;
