import { checkSchedule } from '../../../support/checkSchedule.ts';

checkSchedule('cosine');
