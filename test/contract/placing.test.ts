/** Systems that only place modules, by launchers. */
import { testContract } from './contract.ts';

testContract(({ changesCalls, asInterpreter }) => !changesCalls && !asInterpreter);
