-- When the next lease ends is kept in memory: this index was written twice for every delivery and read for hardly any.
DROP INDEX deliveries_lease;
