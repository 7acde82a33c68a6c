import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('trials', '0012_enrollment_figures'),
    ]

    operations = [
        migrations.CreateModel(
            name='TermEvidence',
            fields=[
                ('trial', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='trials.trial')),
                ('content_hash', models.BinaryField(help_text='Of the record that was looked at.', max_length=16)),
                ('term', models.IntegerField()),
                ('heading', models.IntegerField()),
            ],
            options={
                'verbose_name_plural': 'evidence of terms',
            },
        ),
        migrations.AddField(
            model_name='condition',
            name='mesh_above',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), blank=True, editable=False, help_text='Numbers of all conditions above it, as a record with this one heading lists them.', null=True, size=None),
        ),
        migrations.AddField(
            model_name='conditionname',
            name='alike',
            field=models.PositiveIntegerField(blank=True, help_text='How many of those have this heading.', null=True, verbose_name='of them with this heading'),
        ),
        migrations.AddField(
            model_name='conditionname',
            name='refused_at',
            field=models.DateTimeField(blank=True, help_text='When an editor refused what was learned.', null=True),
        ),
        migrations.AddField(
            model_name='conditionname',
            name='seen',
            field=models.PositiveIntegerField(blank=True, help_text='Studies with this one term and one heading.', null=True, verbose_name='studies'),
        ),
        migrations.CreateModel(
            name='ConditionParent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(choices=[('editor', 'Editor'), ('mesh', 'MeSH')], default='editor', max_length=10)),
                ('condition', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='parent_links', to='trials.condition')),
                ('parent', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='child_links', to='trials.condition')),
            ],
            options={
                'verbose_name': 'broader condition',
            },
        ),
        migrations.AddField(
            model_name='condition',
            name='parents',
            field=models.ManyToManyField(related_name='children', through='trials.ConditionParent', to='trials.condition'),
        ),
        migrations.CreateModel(
            name='ConditionMerge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('merged_at', models.DateTimeField()),
                ('undone_at', models.DateTimeField(blank=True, null=True)),
                ('chips', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, help_text='Chips that moved.', size=None)),
                ('doubled', models.JSONField(default=list, help_text='[trial, position] of chips that the trial had already.')),
                ('searched', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, help_text='Trials found under it alone.', size=None)),
                ('searched_twice', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, help_text='Trials found under both.', size=None)),
                ('rows', models.JSONField(default=dict, help_text='app.Model.field -> keys of the rows that moved.')),
                ('condition', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='merges', to='trials.condition')),
                ('into', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='trials.condition')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('undone_at', None)), fields=('condition',), name='condition_merged_once')],
            },
        ),
        migrations.AddConstraint(
            model_name='conditionparent',
            constraint=models.UniqueConstraint(fields=('condition', 'parent'), name='condition_parent_once'),
        ),
        migrations.AddConstraint(
            model_name='conditionparent',
            constraint=models.CheckConstraint(condition=models.Q(('condition', models.F('parent')), _negated=True), name='condition_not_above_itself'),
        ),
    ]
